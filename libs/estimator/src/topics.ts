import type { TopicModel } from "./bundle.ts";
import { logit, sigmoid } from "./platt.ts";

/** The probability of each topic by fold: `folds * topics` numbers. The result is overwritten by the next call. */
export type TopicReader = (hidden: Float32Array) => Float32Array;

export function createTopicReader({ heads, names }: TopicModel, folds: number): TopicReader {
  const topics = names.length;
  const posterior = new Float32Array(folds * topics);
  return (hidden) => {
    const units = hidden.length / folds;
    for (let fold = 0; fold < folds; fold++) {
      const out = posterior.subarray(fold * topics, (fold + 1) * topics);
      for (let topic = 0; topic < topics; topic++) {
        const head = (fold * topics + topic) * (units + 1);
        let value = heads[head + units]!;
        for (let i = 0; i < units; i++) value += heads[head + i]! * hidden[fold * units + i]!;
        out[topic] = value;
      }
      softmax(out);
    }
    return posterior;
  };
}

/** Turns logits into probabilities in place. */
export function softmax(values: Float32Array): void {
  let largest = Number.NEGATIVE_INFINITY;
  for (const value of values) largest = Math.max(largest, value);
  let sum = 0;
  for (let i = 0; i < values.length; i++) {
    values[i] = Math.exp(values[i]! - largest);
    sum += values[i]!;
  }
  for (let i = 0; i < values.length; i++) values[i]! /= sum;
}

/** Log-odds of `(1 - weight)` of a head's estimate and `weight` of the mean over topics, within +-`maxLogit`. */
export function mixTopics(headLogit: number, topicQuality: number, weight: number): number {
  return logit((1 - weight) * sigmoid(headLogit) + weight * topicQuality);
}
