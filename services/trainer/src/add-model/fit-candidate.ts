import {
  type Adapter,
  type CandidateModel,
  type LinearAdapter,
  minAdapterLabels,
  type OutputTokens,
  type TopicModel,
} from "@ipr/estimator";
import { createMatrix } from "@ipr/evaluation";
import { describeByMean, typicalSpread } from "../train/assemble.ts";
import { calibrate, residualOf } from "../train/calibrate.ts";
import { addTopics } from "./added-topics.ts";
import { type Direction, honestValue } from "./directions.ts";
import { honestMean } from "./divide-rows.ts";
import { crossValidated, fitHead } from "./fit-head.ts";
import { type HiddenRows, pickHiddenRows } from "./hidden-rows.ts";
import { leastSquares } from "./least-squares.ts";
import { softLogistic } from "./soft-logistic.ts";

export interface CandidateProblem {
  readonly name: string;
  readonly hidden: HiddenRows;
  /** One a row, in [0, 1]. */
  readonly scores: readonly number[];
  /** One a row; undefined where the length was not measured. */
  readonly outputTokens: readonly (number | undefined)[];
  readonly peers: readonly LinearAdapter[];
  /** The bundle's topic mix, where it has one. */
  readonly topics: TopicModel | undefined;
  readonly heldOutOf: (row: number) => number | undefined;
  readonly foldOf: (row: number) => number | undefined;
  readonly partOf: (row: number) => number;
}

/**
 * A candidate fitted to a trunk and peers that stay as they are. Its calibration and its interval come from
 * cross-validated estimates, topic mix and sampling noise included, so that few labels make the interval wide. Below
 * `minAdapterLabels` labels it has a mean and no adapter, and no router chooses it by that.
 */
export function fitCandidate(problem: CandidateProblem): CandidateModel {
  const { name, hidden, scores, outputTokens, peers, topics } = problem;
  const known = outputTokens.filter((tokens) => tokens !== undefined);
  const byMean = { ...describeByMean(name, scores, known, spreadOf(problem)), fitted: "added" as const };
  if (scores.length < minAdapterLabels) return byMean;

  const labels = Float64Array.from(scores);
  const quality = fitHead({
    ...problem,
    labels,
    peers: peers.map((peer) => peer.quality),
    regression: softLogistic,
  });
  const mix = topics && addTopics({ ...problem, topics, labels }, quality);
  const estimates = honestMean(mix?.crossValidated ?? crossValidated(quality.parts), problem.heldOutOf);
  const pairs = scores.map((score, row) => ({ logit: estimates[row]!, score }));
  const calibration = calibrate(pairs);
  const tokens = fitTokens(problem);
  const adapter: Adapter = {
    kind: "linear",
    folds: hidden.folds,
    quality: rounded(quality.head),
    tokens: tokens && rounded(tokens.head),
  };
  return {
    ...byMean,
    adapter,
    topicMeans: mix && rounded(mix.means),
    calibration,
    residual: residualOf(pairs, calibration),
    outputTokens: tokens?.lengths ?? byMean.outputTokens,
  };
}

/** How far prompts lie from a candidate's mean, by what the other candidates' heads say. */
function spreadOf({ hidden, peers, heldOutOf }: CandidateProblem): number {
  return typicalSpread(
    createMatrix(hidden.rows, peers.length, (row, peer) =>
      honestValue(peers[peer]!.quality, hidden, row, heldOutOf(row)),
    ),
  );
}

/** A head for log(1 + output tokens), where enough answers have a length. */
function fitTokens({
  hidden,
  outputTokens,
  peers,
  heldOutOf,
  foldOf,
  partOf,
}: CandidateProblem): { readonly head: Direction; readonly lengths: OutputTokens } | undefined {
  const rows = [...outputTokens.keys()].filter((row) => outputTokens[row] !== undefined);
  if (rows.length < minAdapterLabels) return undefined;
  const observed = rows.map((row) => outputTokens[row]!);
  const { head, parts } = fitHead({
    hidden: pickHiddenRows(hidden, rows),
    labels: Float64Array.from(observed, Math.log1p),
    peers: peers.flatMap(({ tokens }) => tokens ?? []),
    heldOutOf: (row) => heldOutOf(rows[row]!),
    foldOf: (row) => foldOf(rows[row]!),
    partOf: (row) => partOf(rows[row]!),
    regression: leastSquares,
  });
  const total = observed.reduce((sum, tokens) => sum + tokens, 0);
  const predicted = honestMean(crossValidated(parts), (row) => heldOutOf(rows[row]!)).reduce(
    (sum, value) => sum + Math.max(0, Math.expm1(value)),
    0,
  );
  const scale = total > 0 && predicted > 0 ? total / predicted : 1;
  return { head, lengths: { labels: rows.length, mean: total / rows.length, scale } };
}

/** At the precision that weights are stored with. */
function rounded(values: Float64Array): Float32Array {
  return Float32Array.from(values, Math.f16round);
}
