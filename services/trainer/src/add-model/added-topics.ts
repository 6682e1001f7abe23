import { createTopicReader, mixTopics, sigmoid, type TopicModel } from "@ipr/estimator";
import { honestMean, rowsWithout } from "./divide-rows.ts";
import { crossValidated, type FittedHead } from "./fit-head.ts";
import type { HiddenRows } from "./hidden-rows.ts";
import { softLogistic } from "./soft-logistic.ts";

/** A topic's mean counts beside this many labels of what the head says of the topic. */
const priorLabels = 10;

/** The probability of each topic, row by row and fold by fold. */
export interface TopicPosteriors {
  readonly folds: number;
  readonly topics: number;
  readonly values: Float32Array;
}

export function topicPosteriors(
  model: TopicModel,
  { rows, folds, units, values }: HiddenRows,
): TopicPosteriors {
  const read = createTopicReader(model, folds);
  const topics = model.names.length;
  const posteriors = new Float32Array(rows * folds * topics);
  for (let row = 0; row < rows; row++) {
    const hidden = values.subarray(row * folds * units, (row + 1) * folds * units);
    posteriors.set(read(hidden), row * folds * topics);
  }
  return { folds, topics, values: posteriors };
}

export interface TopicProblem {
  readonly topics: TopicModel;
  readonly hidden: HiddenRows;
  readonly labels: Float64Array;
  readonly heldOutOf: (row: number) => number | undefined;
  readonly foldOf: (row: number) => number | undefined;
}

export interface AddedTopics {
  /** Mean quality by fold and topic. */
  readonly means: Float64Array;
  /** By fold, for each row, an estimate in log-odds that knows nothing of the labels of the row's part. */
  readonly crossValidated: readonly Float64Array[];
}

/**
 * The mean quality of a new candidate by topic, to be mixed into what its head says with the bundle's weight, as it is for
 * the others. Undefined where the mix makes cross-validated estimates of this candidate worse by more than one standard
 * error: it was chosen on all labels of the others, which a few dozen labels do not refute.
 *
 * A row counts for each topic by the probability that it is of that topic. Where a topic has few labels, its mean is near
 * what the head says of the topic, which knows the other candidates.
 */
export function addTopics(problem: TopicProblem, head: FittedHead): AddedTopics | undefined {
  const { topics, hidden, labels, heldOutOf } = problem;
  const posteriors = topicPosteriors(topics, hidden);
  const unmixed = crossValidated(head.parts);
  const mixed = unmixed.map((values) => values.slice());
  for (const { inside, outside, said } of head.parts) {
    for (const [fold, values] of mixed.entries()) {
      const means = softMeans(posteriors, fold, { rows: outside, labels, said: said[fold]! });
      for (const row of inside) {
        // The network that has not seen the row tells its topic, too.
        const quality = meanOverTopics(posteriors, row, heldOutOf(row) ?? fold, means);
        values[row] = mixTopics(values[row]!, quality, topics.weight);
      }
    }
  }
  const [without, within] = [honestMean(unmixed, heldOutOf), honestMean(mixed, heldOutOf)];
  const excess = labels.map(
    (label, row) => softLogistic.loss(within[row]!, label) - softLogistic.loss(without[row]!, label),
  );
  if (isClearlyPositive(excess)) return undefined;
  const means = new Float64Array(hidden.folds * posteriors.topics);
  for (let fold = 0; fold < hidden.folds; fold++) {
    const rows = rowsWithout(problem, fold);
    const own = softMeans(posteriors, fold, { rows, labels, said: head.said[fold]! });
    means.set(own, fold * posteriors.topics);
  }
  return { means, crossValidated: mixed };
}

/** Whether a mean is over 0 by more than its standard error. */
function isClearlyPositive(values: Float64Array): boolean {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return mean > Math.sqrt(squares) / values.length;
}

/** The mean over the topics that a row may have, by the probabilities of one fold. */
export function meanOverTopics(
  { folds, topics, values }: TopicPosteriors,
  row: number,
  fold: number,
  means: ArrayLike<number>,
): number {
  const from = (row * folds + fold) * topics;
  let quality = 0;
  for (let topic = 0; topic < topics; topic++) quality += values[from + topic]! * means[topic]!;
  return quality;
}

interface KnownRows {
  readonly rows: readonly number[];
  readonly labels: Float64Array;
  /** What the head says, in log-odds. */
  readonly said: Float64Array;
}

/** Means of the labels by topic, each pulled to the mean of what the head says. */
function softMeans(
  { folds, topics, values }: TopicPosteriors,
  fold: number,
  { rows, labels, said }: KnownRows,
): Float64Array {
  const counts = new Float64Array(topics);
  const labelled = new Float64Array(topics);
  const expected = new Float64Array(topics);
  let mean = 0;
  for (const row of rows) {
    const from = (row * folds + fold) * topics;
    const quality = sigmoid(said[row]!);
    mean += quality / rows.length;
    for (let topic = 0; topic < topics; topic++) {
      const share = values[from + topic]!;
      counts[topic]! += share;
      labelled[topic]! += share * labels[row]!;
      expected[topic]! += share * quality;
    }
  }
  // One row of the overall mean keeps a topic without rows finite.
  return counts.map((count, topic) => {
    const prior = (expected[topic]! + mean) / (count + 1);
    return (labelled[topic]! + priorLabels * prior) / (count + priorLabels);
  });
}
