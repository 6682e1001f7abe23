import { maxTopics } from "@ipr/estimator";
import type { Random } from "@ipr/evaluation";
import { clusterPoints, drawnStart } from "../clusters/cluster-points.ts";
import { sharedArray } from "./column.ts";
import type { FeatureTable } from "./feature-table.ts";
import type { FoldJob } from "./fit-fold.ts";
import { randomFor } from "./random.ts";
import type { TrainingSet } from "./training-set.ts";

/** The kinds of prompts that a topic mix tells apart, and the one that each row is of. */
export interface Topics {
  readonly names: readonly string[];
  readonly ofRow: Uint16Array;
}

/** A source with fewer rows than this is no topic of its own: its means would be noise. */
export const minTopicRows = 20;

/** Data without sources are divided into this many clusters, where there are rows enough. */
const clusterCount = 16;
const minClusterRows = 100;
/** Clusters are found on at most this many rows; the others go to the nearest. */
const maxClusteredRows = 20_000;
const clusterSweeps = 12;

/** A topic's mean counts beside this many labels of the candidate's mean over all. */
const priorLabels = 5;

/** Mean quality by candidate and topic over the rows that a fold was trained on. */
export function topicMeansOf({ scores, candidates, topics, topicOfRow, trainRows }: FoldJob): Float32Array {
  const sums = new Float64Array(candidates * topics);
  const counts = new Uint32Array(candidates * topics);
  for (const row of trainRows) {
    for (let candidate = 0; candidate < candidates; candidate++) {
      const score = scores[row * candidates + candidate]!;
      if (Number.isNaN(score)) continue;
      const at = candidate * topics + topicOfRow[row]!;
      sums[at]! += score;
      counts[at]!++;
    }
  }
  const means = new Float32Array(candidates * topics);
  for (let candidate = 0; candidate < candidates; candidate++) {
    let [sum, count] = [0, 0];
    for (let at = candidate * topics; at < (candidate + 1) * topics; at++) {
      sum += sums[at]!;
      count += counts[at]!;
    }
    // Without a label the mean means nothing; 0.5 only keeps the number finite.
    const mean = count === 0 ? 0.5 : sum / count;
    for (let at = candidate * topics; at < (candidate + 1) * topics; at++) {
      means[at] = (sums[at]! + priorLabels * mean) / (counts[at]! + priorLabels);
    }
  }
  return means;
}

/** Sources are the topics where the data name them, else clusters of embeddings. */
export function topicsOf(set: TrainingSet, features: FeatureTable, seed: number): Topics {
  const isNamed = set.sources.filter((source) => source !== "").length > 1;
  return isNamed ? sourceTopics(set) : clusterTopics(features, randomFor(seed, "topics"));
}

/** For heads that tell no topics apart. */
export function oneTopic({ rows }: TrainingSet): Topics {
  return { names: ["all"], ofRow: sharedArray(Uint16Array, rows) };
}

/**
 * Each source with enough rows, the largest first where there are too many. The rest of a family (`mmlu/law` is of
 * `mmlu`) goes together, what is then still small into "other".
 */
function sourceTopics({ sources, sourceOf, rows }: TrainingSet): Topics {
  const own = largest(countBy(sources, sourceOf, (source) => source));
  const familyOf = (source: string): string => (own.has(source) ? source : `${source.split("/")[0]}/other`);
  const families = largest(countBy(sources, sourceOf, familyOf));
  const topicOf = (source: string): string => (families.has(familyOf(source)) ? familyOf(source) : "other");
  const names = [...new Set(Array.from(new Set(sourceOf), (index) => topicOf(sources[index]!)))].toSorted();
  const indexOf = Uint16Array.from(sources, (source) => Math.max(0, names.indexOf(topicOf(source))));
  const ofRow = sharedArray(Uint16Array, rows);
  for (let row = 0; row < rows; row++) ofRow[row] = indexOf[sourceOf[row]!]!;
  return { names, ofRow };
}

function countBy(
  sources: readonly string[],
  sourceOf: Uint32Array,
  nameOf: (source: string) => string,
): ReadonlyMap<string, number> {
  const names = sources.map(nameOf);
  const counts = new Map<string, number>();
  for (const source of sourceOf) counts.set(names[source]!, (counts.get(names[source]!) ?? 0) + 1);
  return counts;
}

/** The names with enough rows; leaves room for what becomes of the others. */
function largest(counts: ReadonlyMap<string, number>): ReadonlySet<string> {
  const enough = [...counts].filter(([, rows]) => rows >= minTopicRows).toSorted(([, a], [, b]) => b - a);
  return new Set(enough.slice(0, maxTopics / 2 - 1).map(([name]) => name));
}

/** Clusters of the embeddings. */
function clusterTopics({ rows, dimension, embeddings }: FeatureTable, random: Random): Topics {
  const count = Math.max(1, Math.min(clusterCount, Math.floor(rows / minClusterRows)));
  const owner = clusterPoints(
    { rows, dimension, values: embeddings },
    { count, random, start: drawnStart, sweeps: clusterSweeps, fittedRows: maxClusteredRows },
  );
  const ofRow = sharedArray(Uint16Array, rows);
  ofRow.set(owner);
  return { names: Array.from({ length: count }, (_, index) => `cluster ${index + 1}`), ofRow };
}
