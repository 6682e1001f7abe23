import { crossEntropy, mixTopics } from "@ipr/estimator";
import { areaOf, candidatePoints, cell, createMatrix, type Matrix } from "@ipr/evaluation";
import { applyRule } from "../evaluate/rule-statistics.ts";
import { meansOf } from "../evaluate/sample.ts";
import type { OutOfFold } from "./assemble.ts";
import type { PoolSample } from "./pool-sample.ts";

/** The shares that the mean over topics may have in an estimate. */
export const topicWeights = [0, 0.25, 0.5, 0.75] as const;

/** What a share did out of fold. */
export interface TopicTrial {
  readonly weight: number;
  /** Mean cross-entropy of the estimates, in nats. */
  readonly loss: number;
  /** By how much that is over the loss of the best share, and the standard error of that difference. */
  readonly excess: number;
  readonly excessError: number;
  /** Area under the utility rule's curve; undefined where routing cannot be judged. */
  readonly area: number | undefined;
}

/** Estimates, in log-odds, with a share of the mean over topics. */
export function mixedLogits({ logits, topicQuality }: OutOfFold, weight: number): Matrix {
  if (weight === 0) return logits;
  return createMatrix(logits.rows, logits.columns, (row, column) =>
    mixTopics(cell(logits, row, column), cell(topicQuality, row, column), weight),
  );
}

/** Tries every share. `sampleOf` gives what routing by some estimates would have done, where that can be judged. */
export function tryTopicWeights(
  outOfFold: OutOfFold,
  sampleOf: (logits: Matrix) => PoolSample | string,
): TopicTrial[] {
  const losses = topicWeights.map((weight) =>
    crossEntropies(mixedLogits(outOfFold, weight), outOfFold.scores),
  );
  const means = losses.map(mean);
  const best = losses[means.indexOf(Math.min(...means))]!;
  return topicWeights.map((weight, index) => {
    const difference = losses[index]!.map((loss, i) => loss - best[i]!);
    const excess = mean(difference);
    const squares = difference.reduce((sum, value) => sum + (value - excess) ** 2, 0);
    return {
      weight,
      loss: means[index]!,
      excess,
      excessError: Math.sqrt(squares) / Math.max(1, difference.length),
      area: utilityArea(sampleOf(mixedLogits(outOfFold, weight))),
    };
  });
}

/**
 * The share that routes best among those that predict no worse, by one standard error, than the best; where routing
 * cannot be judged, the least share that predicts that well. The mix costs nothing when it is off, so a tie leaves it off.
 */
export function chooseTopicWeight(trials: readonly TopicTrial[]): number {
  const good = trials.filter(({ excess, excessError }) => excess <= excessError);
  const areaOfTrial = ({ area }: TopicTrial): number => area ?? 0;
  return good.toSorted((a, b) => areaOfTrial(b) - areaOfTrial(a) || a.weight - b.weight)[0]?.weight ?? 0;
}

function utilityArea(sample: PoolSample | string): number | undefined {
  if (typeof sample === "string") return undefined;
  const means = meansOf(sample);
  const judged = { ...sample, sources: [] };
  const ones = new Float64Array(sample.scores.rows).fill(1);
  const area = areaOf(applyRule("utility", judged, means).curve, means, candidatePoints(sample))(ones);
  return Number.isNaN(area) ? undefined : area;
}

/** The cross-entropy of each estimate that has a label. */
export function crossEntropies(logits: Matrix, scores: Matrix): Float64Array {
  const losses = new Float64Array(scores.values.length);
  let count = 0;
  for (let i = 0; i < losses.length; i++) {
    const score = scores.values[i]!;
    const logit = logits.values[i]!;
    if (Number.isNaN(score) || Number.isNaN(logit)) continue;
    losses[count++] = crossEntropy(logit, score);
  }
  return losses.subarray(0, count);
}

function mean(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}
