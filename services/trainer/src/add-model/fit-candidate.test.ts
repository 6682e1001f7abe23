import assert from "node:assert/strict";
import { test } from "node:test";
import { type LinearAdapter, logit, minAdapterLabels, sigmoid } from "@ipr/estimator";
import { seededRandom } from "@ipr/evaluation";
import { type Direction, foldValue, honestValue } from "./directions.ts";
import { fitCandidate } from "./fit-candidate.ts";
import type { HiddenRows } from "./hidden-rows.ts";

const folds = 2;
const units = 6;

test("finds a candidate that follows the others", () => {
  const world = drawWorld(1200, { seed: 1 });
  const { adapter } = fit(world, 1000);
  assert.ok(correlation(world, adapter, 1000) > 0.95);
});

test("with more labels it gets nearer to the truth, and its interval narrower", () => {
  const world = drawWorld(2400, { seed: 2 });
  const few = fit(world, 120);
  const many = fit(world, 2000);
  assert.ok(correlation(world, many.adapter, 2000) > correlation(world, few.adapter, 2000));
  assert.ok(many.residual < few.residual / 2, `${many.residual} ${few.residual}`);
});

test("nine of ten intervals of a young candidate hold the true quality", () => {
  let [held, all] = [0, 0];
  for (let seed = 1; seed <= 20; seed++) {
    const world = drawWorld(320, { seed });
    const { adapter, residual, calibration } = fit(world, 120);
    for (let row = 120; row < 320; row++) {
      const byFold = [0, 1].map((fold) => foldValue(adapter!.quality, world.hidden, row, fold));
      const mean = (byFold[0]! + byFold[1]!) / 2;
      const spread = (Math.abs(byFold[0]! - byFold[1]!) / Math.SQRT2) * Math.sqrt(1.5);
      const half = 1.645 * Math.hypot(spread * calibration.slope, residual);
      held += Number(Math.abs(calibration.intercept + calibration.slope * mean - world.truth[row]!) <= half);
      all++;
    }
  }
  assert.ok(held / all > 0.85, `${held / all}`);
});

test("below the least number of labels it has a mean, no adapter and a wide interval", () => {
  const world = drawWorld(200, { seed: 3 });
  const young = fit(world, minAdapterLabels - 1);
  assert.equal(young.adapter, undefined);
  assert.equal(young.labels, minAdapterLabels - 1);
  assert.equal(young.fitted, "added");
  const mean =
    world.scores.slice(0, minAdapterLabels - 1).reduce((a, b) => a + b, 0) / (minAdapterLabels - 1);
  assert.ok(Math.abs(young.meanLogit - logit(mean)) < 0.1);
  assert.ok(young.residual > 0.5);
});

test("labels that say nothing about the prompt give an estimate that hardly varies", () => {
  const world = drawWorld(1200, { seed: 4 });
  const random = seededRandom(9);
  const scores = world.scores.map(() => Number(random() < 0.5));
  const { adapter } = fit({ ...world, scores }, 1000);
  const said = Array.from({ length: 200 }, (_, i) =>
    honestValue(adapter!.quality, world.hidden, 1000 + i, undefined),
  );
  const mean = said.reduce((a, b) => a + b, 0) / said.length;
  const spread = Math.sqrt(said.reduce((sum, value) => sum + (value - mean) ** 2, 0) / said.length);
  assert.ok(spread < 0.4, `${spread}`);
});

test("answer lengths are learnt where there are enough of them", () => {
  const world = drawWorld(600, { seed: 5 });
  const tokens = world.truth.map((value) => Math.exp(5 + value));
  const some = tokens.map((value, row) => (row % 2 === 0 ? value : undefined));
  const { adapter, outputTokens } = fit({ ...world, tokens: some }, 500);
  assert.equal(outputTokens?.labels, 250);
  const miss = Array.from({ length: 100 }, (_, i) => {
    const predicted = honestValue(tokensOf(adapter), world.hidden, 500 + i, undefined);
    return Math.abs(predicted - Math.log1p(tokens[500 + i]!));
  });
  assert.ok(miss.reduce((a, b) => a + b, 0) / miss.length < 0.2);
  assert.equal(fit({ ...world, tokens: some }, 150).adapter?.tokens, undefined);
});

interface World {
  readonly hidden: HiddenRows;
  readonly peers: readonly LinearAdapter[];
  /** Log-odds of the new candidate's quality. */
  readonly truth: readonly number[];
  readonly scores: readonly number[];
  readonly tokens: readonly (number | undefined)[];
}

/** Hidden units of two networks that agree up to noise, three peers that read them, and a candidate much like them. */
function drawWorld(rows: number, { seed }: { readonly seed: number }): World {
  const random = seededRandom(seed);
  const normal = (): number => random() + random() + random() + random() - 2;
  const values = new Float32Array(rows * folds * units);
  for (let row = 0; row < rows; row++) {
    for (let unit = 0; unit < units; unit++) {
      const shared = 2 * normal();
      for (let fold = 0; fold < folds; fold++)
        values[(row * folds + fold) * units + unit] = shared + 0.1 * normal();
    }
  }
  const hidden = { rows, folds, units, values };
  const common = Array.from({ length: units }, normal);
  const headNear = (distance: number): Float32Array => {
    const own = [...common.map((weight) => weight + distance * normal()), normal()];
    return Float32Array.from([...own, ...own]);
  };
  const peers = [1, 2, 3].map((): LinearAdapter => {
    return { kind: "linear", folds, quality: headNear(0.3), tokens: undefined };
  });
  const own: Direction = Float64Array.from(headNear(0.3));
  const truth = Array.from({ length: rows }, (_, row) => honestValue(own, hidden, row, undefined));
  const scores = truth.map((value) => Number(random() < sigmoid(value)));
  return { hidden, peers, truth, scores, tokens: truth.map(() => undefined) };
}

function fit({ hidden, peers, scores, tokens }: World, rows: number) {
  const first = { ...hidden, rows, values: hidden.values.subarray(0, rows * folds * units) };
  return fitCandidate({
    name: "new",
    hidden: first,
    peers,
    scores: scores.slice(0, rows),
    outputTokens: tokens.slice(0, rows),
    topics: undefined,
    heldOutOf: () => undefined,
    foldOf: () => undefined,
    partOf: (row) => row % 5,
  });
}

function tokensOf(adapter: ReturnType<typeof fit>["adapter"]): Float32Array {
  assert.ok(adapter?.tokens);
  return adapter.tokens;
}

/** Between what is said of the rows from `from` on and the truth. */
function correlation(
  { hidden, truth }: World,
  adapter: ReturnType<typeof fit>["adapter"],
  from: number,
): number {
  const pairs = Array.from({ length: hidden.rows - from }, (_, i) => {
    return [honestValue(adapter!.quality, hidden, from + i, undefined), truth[from + i]!] as const;
  });
  const mean = (side: 0 | 1): number => pairs.reduce((sum, pair) => sum + pair[side], 0) / pairs.length;
  const [a, b] = [mean(0), mean(1)];
  const product = (f: 0 | 1, g: 0 | 1): number =>
    pairs.reduce((sum, pair) => sum + (pair[f] - [a, b][f]!) * (pair[g] - [a, b][g]!), 0);
  return product(0, 1) / Math.sqrt(product(0, 0) * product(1, 1));
}
