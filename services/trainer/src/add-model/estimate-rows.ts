import { applyPlatt, type CandidateModel, mixTopics, sigmoid, type TopicModel } from "@ipr/estimator";
import { meanOverTopics, topicPosteriors } from "./added-topics.ts";
import { foldValue } from "./directions.ts";
import type { HiddenRows } from "./hidden-rows.ts";

/** What the predictor says of rows that are new to the bundle, from hidden units that were read before. */
export function estimateRows(
  { adapter, topicMeans, calibration }: CandidateModel,
  topics: TopicModel | undefined,
  hidden: HiddenRows,
): number[] {
  if (adapter?.kind !== "linear") throw new RangeError("too few labels to measure");
  const posteriors = topics && topicPosteriors(topics, hidden);
  const mixed = (row: number, fold: number): number => {
    const value = foldValue(adapter.quality, hidden, row, fold);
    if (topics === undefined || posteriors === undefined || topicMeans === undefined) return value;
    const means = topicMeans.subarray(fold * posteriors.topics, (fold + 1) * posteriors.topics);
    return mixTopics(value, meanOverTopics(posteriors, row, fold, means), topics.weight);
  };
  return Array.from({ length: hidden.rows }, (_, row) => {
    let sum = 0;
    for (let fold = 0; fold < hidden.folds; fold++) sum += mixed(row, fold);
    return sigmoid(applyPlatt(sum / hidden.folds, calibration));
  });
}
