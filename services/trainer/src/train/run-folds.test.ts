import assert from "node:assert/strict";
import { test } from "node:test";
import { surfaceCount } from "@ipr/estimator";
import { createFeatureTableBuilder } from "./feature-table.ts";
import { defaultHyperparameters, type FoldJob } from "./fit-fold.ts";
import { runFolds } from "./run-folds.ts";

const rows = 600;

function job(fold: number, candidates: number): FoldJob {
  const table = createFeatureTableBuilder(4);
  for (let row = 0; row < rows; row++) {
    table.append({
      rows: 1,
      embeddings: Float32Array.of(1, 0, row % 2, 0),
      surfaces: new Float32Array(surfaceCount),
      ngramCounts: Uint32Array.of(0),
      ngramWords: new Uint16Array(0),
    } as never);
  }
  return {
    fold,
    seed: 1,
    heads: "linear",
    hyperparameters: { ...defaultHyperparameters, maxEpochs: 1_000_000, patience: 1_000_000 },
    candidates,
    features: table.finish(),
    scores: new Float32Array(rows).fill(1),
    tokens: new Float32Array(rows).fill(Number.NaN),
    topics: 1,
    topicOfRow: new Uint16Array(rows),
    trainRows: Uint32Array.from({ length: rows }, (_, row) => row),
    heldOutRows: Uint32Array.of(0),
  };
}

test("a network that fails stops the others, in the middle of their steps, and the process lives on", async () => {
  // The first would train for hours; the second has fewer labels than it says and fails at once.
  const failing = { ...job(1, 1), scores: undefined as never };
  await assert.rejects(
    runFolds([job(0, 1), failing], () => {}),
    TypeError,
  );
});
