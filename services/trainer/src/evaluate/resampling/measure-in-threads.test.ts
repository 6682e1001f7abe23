import assert from "node:assert/strict";
import { test } from "node:test";
import { createMatrix, measure, seededRandom } from "@ipr/evaluation";
import { type EstimatesInput, planEstimates } from "../assess.ts";
import { measureInThreads } from "./measure-in-threads.ts";

const rows = 60;
const random = seededRandom(4);
const values = () => createMatrix(rows, 2, () => random());
const input: EstimatesInput = {
  candidates: ["small", "large"],
  measured: {
    sources: Array.from({ length: rows }, (_, row) => `source ${row % 2}`),
    scores: values(),
    costsUsd: values(),
    estimates: values(),
    expectedCostsUsd: values(),
  },
  labelMeans: Float64Array.of(0.5, 0.5),
  resamples: 50,
};
const inThreads = (parts: number, onResample: (done: number) => void = () => {}) =>
  measureInThreads(
    { kind: "estimates", input },
    planEstimates(input).measurements,
    { seed: 9, onResample },
    parts,
  );

test("the figures are the same on one thread and on three", async () => {
  const alone = await inThreads(1);
  assert.deepEqual(await inThreads(3), alone);
  const { all } = planEstimates(input).measurements;
  assert.deepEqual(measure(rows, all.tree, { seed: 9, resamples: 50 }), alone.all);
});

test("tells how far it is, up to the last resample", async () => {
  const seen: number[] = [];
  await inThreads(1, (done) => seen.push(done));
  assert.deepEqual(
    seen,
    Array.from({ length: 50 }, (_, index) => index + 1),
  );
});

test("a thread that fails ends the measuring with its error", async () => {
  const broken = { ...input, measured: { ...input.measured, scores: createMatrix(rows, 1, () => 0) } };
  await assert.rejects(
    measureInThreads(
      { kind: "estimates", input: broken },
      planEstimates(input).measurements,
      { seed: 9, onResample: () => {} },
      2,
    ),
    /matrices differ in shape/,
  );
});
