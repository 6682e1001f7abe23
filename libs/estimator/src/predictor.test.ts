import assert from "node:assert/strict";
import { test } from "node:test";
import { seededRandom } from "@ipr/testing";
import * as fc from "fast-check";
import type { CandidateModel, LinearAdapter } from "./bundle.ts";
import { extractFeatures } from "./features.ts";
import { applyPlatt, logit, sigmoid } from "./platt.ts";
import { createPredictor } from "./predictor.ts";
import { smallBundle, smallCandidate, smallDimension } from "./small-bundle.ts";
import { gelu, type TrunkModel } from "./trunk.ts";
import { ngramCount } from "./ngrams.ts";

const bundle = smallBundle(seededRandom(1));
const embedding = Float32Array.of(0.5, -0.5, 0.5, 0.5);
const predictor = createPredictor(bundle);

test("agrees with a dense evaluation written as in the paper", () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 300 }), (text) => {
      const [small] = predictor.predict({ text, embedding, candidates: ["small"] });
      near(small!.logit, denseLogit(text, bundle.trunk as TrunkModel, bundle.candidates[0]!), 1e-4);
      near(small!.quality, sigmoid(small!.logit), 1e-12);
    }),
  );
});

test("the interval holds the estimate and stays within 0 and 1", () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      for (const { quality, qualityLow, qualityHigh } of predictor.predict({ text, embedding })) {
        assert.ok(0 <= qualityLow && qualityLow <= quality && quality <= qualityHigh && qualityHigh <= 1);
      }
    }),
  );
});

test("a candidate with few labels has its mean for every prompt, and a wide interval", () => {
  const few = bundle.candidates.at(-1)!;
  for (const text of ["What is 2+2?", "Prove that there are infinitely many primes."]) {
    const [estimate] = predictor.predict({ text, embedding, candidates: [few.name] });
    near(estimate!.quality, sigmoid(few.meanLogit), 1e-12);
    assert.ok(estimate!.qualityHigh - estimate!.qualityLow > 0.5);
    assert.equal(estimate!.outputTokens, few.outputTokens!.mean);
  }
});

test("unknown candidates are left out, the others come in the order asked for", () => {
  const names = (candidates?: string[]): string[] =>
    predictor
      .predict({ text: "hi", embedding, ...(candidates === undefined ? {} : { candidates }) })
      .map(({ candidate }) => candidate);
  assert.deepEqual(names(["few", "nobody", "small"]), ["few", "small"]);
  assert.deepEqual(names([]), []);
  assert.deepEqual(names(), ["small", "Large/1", "few"]);
});

test("one more candidate changes no other prediction by a bit", () => {
  const added = smallCandidate("new", seededRandom(5), { hasAdapter: true });
  const larger = createPredictor({ ...bundle, candidates: [added, ...bundle.candidates] });
  fc.assert(
    fc.property(fc.string(), (text) => {
      assert.deepEqual(larger.predict({ text, embedding }).slice(1), predictor.predict({ text, embedding }));
    }),
  );
});

test("a prediction does not depend on the ones before it", () => {
  const before = predictor.predict({ text: "one", embedding });
  predictor.predict({ text: "quite another prompt 123", embedding: Float32Array.of(1, 0, 0, 0) });
  assert.deepEqual(predictor.predict({ text: "one", embedding }), before);
});

test("an embedding of another length is refused", () => {
  assert.throws(() => predictor.predict({ text: "hi", embedding: new Float32Array(3) }), /has 3 numbers/);
});

test("folds that disagree make a wider interval", () => {
  const agreeing = { ...bundle.candidates[0]!, residual: 0.1 };
  const adapter = agreeing.adapter as LinearAdapter;
  const opposed: CandidateModel = {
    ...agreeing,
    adapter: {
      ...adapter,
      quality: adapter.quality.map((weight, i) => (i === 3 ? weight + 3 : i === 7 ? weight - 3 : weight)),
    },
  };
  const width = (candidate: CandidateModel): number => {
    const [estimate] = createPredictor({ ...bundle, candidates: [candidate] }).predict({
      text: "hi",
      embedding,
    });
    return logit(estimate!.qualityHigh) - logit(estimate!.qualityLow);
  };
  assert.ok(width(opposed) > width(agreeing) + 1);
});

function denseLogit(text: string, trunk: TrunkModel, { adapter, calibration }: CandidateModel): number {
  const { surface, ngrams } = extractFeatures(text);
  const standard = [...surface].map((value, i) =>
    Math.min(5, Math.max(-5, (value - trunk.surface.mean[i]!) / trunk.surface.scale[i]!)),
  );
  const dense = Array.from({ length: ngramCount }, () => 0);
  ngrams.indices.forEach((index, i) => (dense[index] = ngrams.values[i]!));
  const x = [1, ...embedding, ...standard, ...dense];
  assert.equal(x.length, 1 + smallDimension + 13 + 4096);
  const width = trunk.folds * trunk.hidden;
  let total = 0;
  for (let fold = 0; fold < trunk.folds; fold++) {
    const head = fold * (trunk.hidden + 1);
    total += adapter!.quality[head + trunk.hidden]!;
    for (let unit = 0; unit < trunk.hidden; unit++) {
      const column = fold * trunk.hidden + unit;
      const sum = x.reduce((sum, value, row) => sum + value * trunk.weights[row * width + column]!, 0);
      total += adapter!.quality[head + unit]! * gelu(sum);
    }
  }
  return applyPlatt(total / trunk.folds, calibration);
}

function near(actual: number, expected: number, tolerance: number): void {
  assert.ok(Math.abs(actual - expected) <= tolerance, `${actual} is not ${expected}`);
}
