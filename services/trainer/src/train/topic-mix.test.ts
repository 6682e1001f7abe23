import assert from "node:assert/strict";
import { test } from "node:test";
import { logit, sigmoid } from "@ipr/estimator";
import { createMatrix } from "@ipr/evaluation";
import { seededRandom } from "@ipr/testing";
import type { OutOfFold } from "./assemble.ts";
import { chooseTopicWeight, mixedLogits, type TopicTrial, tryTopicWeights } from "./topic-mix.ts";

/** Prompts of two kinds that differ in quality; the head's estimates are the truth with this much noise in log-odds. */
function outOfFold(noise: number): OutOfFold {
  const random = seededRandom(3);
  const rows = 2000;
  const truth = (row: number): number => (row % 2 === 0 ? 0.8 : 0.3);
  const of = (valueOf: (row: number) => number) => createMatrix(rows, 1, valueOf);
  return {
    rows: Uint32Array.from({ length: rows }, (_, row) => row),
    scores: of((row) => Number(random() < truth(row))),
    logTokens: of(() => Number.NaN),
    logits: of((row) => logit(truth(row)) + noise * (random() - 0.5)),
    topicQuality: of(truth),
    predictedLogTokens: of(() => Number.NaN),
  };
}

test("a share of nothing changes nothing; a share of all is the mean over topics", () => {
  const data = outOfFold(2);
  assert.equal(mixedLogits(data, 0), data.logits);
  const all = mixedLogits(data, 1);
  assert.ok(Math.abs(sigmoid(all.values[1]!) - 0.3) < 1e-9);
});

test("noisy estimates take a large share of the topics, exact ones none", () => {
  const chosen = (noise: number): number =>
    chooseTopicWeight(tryTopicWeights(outOfFold(noise), () => "no prices"));
  assert.equal(chosen(0), 0);
  assert.ok(chosen(6) >= 0.5, String(chosen(6)));
});

test("the share that routes best is taken among those that predict no worse than the best by a standard error", () => {
  const trial = (weight: number, excess: number, area: number): TopicTrial => {
    return { weight, loss: 0.5 + excess, excess, excessError: 0.01, area };
  };
  assert.equal(chooseTopicWeight([trial(0, 0, 0.6), trial(0.25, 0.005, 0.7), trial(0.5, 0.02, 0.8)]), 0.25);
  assert.equal(chooseTopicWeight([trial(0, 0, 0.7), trial(0.25, 0, 0.7)]), 0);
  assert.equal(chooseTopicWeight([]), 0);
});
