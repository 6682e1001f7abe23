import { cell, createMatrix, type Matrix, seededRandom } from "@ipr/evaluation";
import { clusterPoints, spreadStart } from "../../clusters/cluster-points.ts";
import type { Controls } from "../evaluation.ts";

/** A group costs a regression of its own, and a table of more rows is read by nobody. */
export const maxGroups = 16;
const clusters = 8;
const sweeps = 12;
/** Centres move no more with further rows. */
const maxFittedRows = 4_000;
/** Prefixes of which one covers more than this are too coarse: leaving it out leaves hardly anything. */
const maxPrefixShare = 0.6;

export interface Groups {
  readonly groupedBy: Controls["groupedBy"];
  readonly names: readonly string[];
  /** The sources in each group; none for clusters of prompts. */
  readonly sources: readonly (readonly string[])[];
  readonly groupOf: Uint8Array;
}

/**
 * Divides prompts into kinds that can be left out of training: by source, where there are too many by what stands before
 * the slash or by clusters of the sources' mean vectors, and by clusters of the prompts where there are no sources. The
 * first `trained` prompts are those of training: what is not among them cannot be left out of it.
 */
export function groupPrompts(
  sources: readonly (string | undefined)[],
  vectors: Matrix,
  { trained, seed }: { readonly trained: number; readonly seed: number },
): Groups {
  const ofTraining = sources.slice(0, trained);
  const known = ofTraining.filter((source) => source !== undefined);
  const distinct = [...new Set(known)].toSorted();
  if (distinct.length < 2 || known.length * 2 < trained) return byPrompts(vectors, seed);
  const names = sources.map((source) => source ?? noSource);
  if (distinct.length < maxGroups) return byName("source", names, names);
  const prefixes = names.map((name) => name.split("/", 1)[0]!);
  const counts = [...Map.groupBy(prefixes, (prefix) => prefix).values()].map(({ length }) => length);
  const isFine = counts.length >= 2 && counts.length <= maxGroups;
  if (isFine && Math.max(...counts) <= maxPrefixShare * names.length)
    return byName("source prefix", prefixes, names);
  return bySources(names, vectors, seed);
}

const noSource = "(no source)";

function byName(
  groupedBy: Controls["groupedBy"],
  groupNames: readonly string[],
  sources: readonly string[],
): Groups {
  const names = [...new Set(groupNames)].toSorted();
  const numbers = new Map(names.map((name, index) => [name, index]));
  const groupOf = Uint8Array.from(groupNames, (name) => numbers.get(name)!);
  return { groupedBy, names, groupOf, sources: sourcesOf(names.length, groupOf, sources) };
}

function byPrompts(vectors: Matrix, seed: number): Groups {
  const groupOf = clustersOf(vectors, seed);
  const used = [...new Set(groupOf)].toSorted((a, b) => a - b);
  return {
    groupedBy: "clusters of prompts",
    names: used.map((_, index) => `cluster ${index + 1}`),
    sources: used.map(() => []),
    groupOf: groupOf.map((group) => used.indexOf(group)),
  };
}

function bySources(sources: readonly string[], vectors: Matrix, seed: number): Groups {
  const rowsBySource = [...Map.groupBy(sources.keys(), (row) => sources[row]!)].toSorted(
    ([, a], [, b]) => b.length - a.length,
  );
  const means = createMatrix(rowsBySource.length, vectors.columns, (index, column) => {
    const [, rows] = rowsBySource[index]!;
    return rows.reduce((sum, row) => sum + cell(vectors, row, column), 0) / rows.length;
  });
  const groupOfSource = clustersOf(means, seed);
  const nameOf = new Map<number, string>();
  for (const [index, group] of groupOfSource.entries()) {
    const others = groupOfSource.filter((other) => other === group).length - 1;
    const largest = rowsBySource[index]![0];
    if (!nameOf.has(group)) nameOf.set(group, others === 0 ? largest : `${largest} and ${others} like it`);
  }
  const groupBySource = new Map(
    rowsBySource.map(([source], index) => [source, nameOf.get(groupOfSource[index]!)!]),
  );
  return byName(
    "clusters of sources",
    sources.map((source) => groupBySource.get(source)!),
    sources,
  );
}

function clustersOf({ rows, columns, values }: Matrix, seed: number): Uint8Array {
  return Uint8Array.from(
    clusterPoints(
      { rows, dimension: columns, values },
      {
        count: clusters,
        random: seededRandom(seed),
        start: spreadStart,
        sweeps,
        fittedRows: maxFittedRows,
      },
    ),
  );
}

function sourcesOf(
  count: number,
  groupOf: Uint8Array,
  sources: readonly string[],
): readonly (readonly string[])[] {
  const sets = Array.from({ length: count }, () => new Set<string>());
  for (const [row, source] of sources.entries()) sets[groupOf[row]!]!.add(source);
  return sets.map((set) => [...set].toSorted());
}
