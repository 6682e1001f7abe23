import assert from "node:assert/strict";
import { test } from "node:test";
import {
  openTrainingSession,
  type NetworkShape,
  parameterNames,
  parametersOf,
  type TrainingBatch,
  type Weights,
} from "./index.ts";
import { createPlainTraining } from "./plain-training.ts";

const shape: NetworkShape = { features: 12, hidden: 8, candidates: 3, topics: 4, heads: "linear" };
const options = { learningRate: 0.01, weightDecay: 0.3 };

test("losses and weights agree with the plain loop over twenty steps", async () => {
  const random = lcg(7);
  const initial = randomWeights(shape, random);
  await using session = await openTrainingSession(shape, initial);
  const oracle = createPlainTraining(shape, initial);
  for (let step = 0; step < 20; step++) {
    const batch = randomBatch(shape, step % 2 === 0 ? 16 : 5, random);
    const loss = await session.step(batch, options);
    near(loss, oracle.step(batch, options), 1e-5);
  }
  const weights = session.weights();
  for (const name of parameterNames) {
    oracle.weights[name].forEach((value, i) => near(weights[name][i]!, value, 2e-4));
  }
});

test("a missing label moves nothing of its candidate", async () => {
  const random = lcg(11);
  const initial = randomWeights(shape, random);
  await using session = await openTrainingSession(shape, initial);
  const batch = randomBatch(shape, 16, random);
  const masked = 1;
  for (let row = 0; row < batch.rows; row++) {
    batch.weight[row * shape.candidates + masked] = 0;
    batch.tokenWeight[row * shape.candidates + masked] = 0;
  }
  await session.step(batch, { learningRate: 0.01, weightDecay: 0 });
  const after = session.weights();
  assert.equal(after.qualityBias[masked], initial.qualityBias[masked]);
  assert.equal(after.quality[masked], initial.quality[masked]);
  assert.notEqual(after.qualityBias[0], initial.qualityBias[0]);
});

test("the same steps give the same bits", async () => {
  const run = async (): Promise<Weights> => {
    const random = lcg(3);
    await using session = await openTrainingSession(shape, randomWeights(shape, random));
    for (let step = 0; step < 5; step++) await session.step(randomBatch(shape, 32, random), options);
    return session.weights();
  };
  assert.deepEqual(await run(), await run());
});

test("forward gives what a batch without dropout was trained on", async () => {
  const random = lcg(5);
  const initial = randomWeights(shape, random);
  await using session = await openTrainingSession(shape, initial);
  const batch = randomBatch(shape, 4, random);
  const { logits, logTokens } = await session.forward(batch.x, batch.rows);
  assert.equal(logits.length, 4 * shape.candidates);
  batch.dropout.fill(1);
  batch.topicWeight.fill(0);
  let expected = 0;
  logits.forEach((logit, i) => {
    const entropy = Math.log1p(Math.exp(logit)) - batch.target[i]! * logit;
    expected +=
      batch.weight[i]! * entropy + 0.5 * batch.tokenWeight[i]! * (logTokens[i]! - batch.tokenTarget[i]!) ** 2;
  });
  near(await session.step(batch, options), expected, 1e-5);
});

function near(actual: number, expected: number, tolerance: number): void {
  assert.ok(
    Math.abs(actual - expected) <= tolerance * Math.max(1, Math.abs(expected)),
    `${actual} is not ${expected}`,
  );
}

function randomWeights(shape: NetworkShape, random: () => number): Weights {
  return Object.fromEntries(
    parameterNames.map((name) => {
      const length =
        parametersOf(shape)
          .get(name)
          ?.reduce((product, size) => product * size, 1) ?? 0;
      return [name, Float32Array.from({ length }, () => random() - 0.5)];
    }),
  ) as Weights;
}

function randomBatch(
  { features, hidden, candidates, topics }: NetworkShape,
  rows: number,
  random: () => number,
): TrainingBatch {
  const fill = (length: number, value: () => number): Float32Array => Float32Array.from({ length }, value);
  return {
    rows,
    x: fill(rows * features, () => 2 * random() - 1),
    dropout: fill(rows * hidden, () => (random() < 0.5 ? 0 : 2)),
    target: fill(rows * candidates, random),
    weight: fill(rows * candidates, () => (random() < 0.3 ? 0 : 1 / rows)),
    tokenTarget: fill(rows * candidates, random),
    tokenWeight: fill(rows * candidates, () => (random() < 0.3 ? 0 : 0.2 / rows)),
    topicTarget: Float32Array.from({ length: rows * topics }, (_, i) =>
      Number(i % topics === (i >> 3) % topics),
    ),
    topicWeight: fill(rows, () => (random() < 0.3 ? 0 : 0.5 / rows)),
  };
}

/** A small seeded generator of numbers in [0, 1). */
function lcg(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

test("identity heads move every weight against its numeric gradient", async () => {
  const small: NetworkShape = { features: 5, hidden: 4, candidates: 3, topics: 1, heads: "identity" };
  const random = lcg(13);
  const initial = randomWeights(small, random);
  await using session = await openTrainingSession(small, initial);
  const batch = randomBatch(small, 6, random);
  const before = identityLoss(small, initial, batch);
  near(await session.step(batch, { learningRate: 0.001, weightDecay: 0 }), before, 1e-5);
  const after = session.weights();
  const step = 1e-3;
  for (const name of parametersOf(small).keys()) {
    for (let i = 0; i < initial[name].length; i++) {
      const at = (shift: number): number =>
        identityLoss(small, { ...initial, [name]: initial[name].with(i, initial[name][i]! + shift) }, batch);
      const slope = (at(step) - at(-step)) / (2 * step);
      // Adam's first step has one size; only its sign is the gradient's.
      if (Math.abs(slope) < 1e-5) continue;
      assert.equal(Math.sign(initial[name][i]! - after[name][i]!), Math.sign(slope), `${name}[${i}]`);
    }
  }
});

test("identity heads forward what a batch without dropout was trained on", async () => {
  const small: NetworkShape = { features: 5, hidden: 4, candidates: 3, topics: 1, heads: "identity" };
  const random = lcg(17);
  const initial = randomWeights(small, random);
  await using session = await openTrainingSession(small, initial);
  const batch = randomBatch(small, 3, random);
  batch.dropout.fill(1);
  const { logits, logTokens, topicShares } = await session.forward(batch.x, batch.rows);
  const outputs = identityOutputs(small, initial, batch);
  logits.forEach((logit, i) => near(logit, outputs[i]!.logit, 1e-5));
  logTokens.forEach((tokens, i) => near(tokens, outputs[i]!.tokens, 1e-5));
  assert.deepEqual([...topicShares], [1, 1, 1]);
});

/** The paper's head in plain loops: for each prompt and candidate its two outputs. */
function identityOutputs(
  { features, hidden, candidates }: NetworkShape,
  w: Weights,
  { rows, x, dropout }: TrainingBatch,
): { logit: number; tokens: number }[] {
  const length = w.identities.length / candidates;
  return Array.from({ length: rows * candidates }, (_, at) => {
    const [row, candidate] = [Math.floor(at / candidates), at % candidates];
    let [logit, tokens] = [w.qualityBias[0]!, w.tokensBias[0]!];
    for (let unit = 0; unit < hidden; unit++) {
      let z = w.trunkBias[unit]!;
      for (let i = 0; i < features; i++) z += x[row * features + i]! * w.trunk[i * hidden + unit]!;
      for (let i = 0; i < length; i++) {
        z += w.identities[candidate * length + i]! * w.identityTrunk[i * hidden + unit]!;
      }
      const gelu = 0.5 * z * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (z + 0.044715 * z ** 3)));
      logit += gelu * dropout[row * hidden + unit]! * w.quality[unit]!;
      tokens += gelu * dropout[row * hidden + unit]! * w.tokens[unit]!;
    }
    return { logit, tokens };
  });
}

function identityLoss(shape: NetworkShape, w: Weights, batch: TrainingBatch): number {
  return identityOutputs(shape, w, batch).reduce((loss, { logit, tokens }, i) => {
    const entropy = Math.log1p(Math.exp(logit)) - batch.target[i]! * logit;
    const error = tokens - batch.tokenTarget[i]!;
    return loss + batch.weight[i]! * entropy + 0.5 * batch.tokenWeight[i]! * error * error;
  }, 0);
}
