import { type Random, shuffledIndexes } from "@ipr/evaluation";
import { clusterPoints, drawnStart, type Points } from "../clusters/cluster-points.ts";

/** So many picks make one cluster: fewer, and what is picked would no longer be as common as it is in the data. */
const picksPerCluster = 10;
/** Moves of the centres; after these they hardly move. */
const sweeps = 5;

/**
 * Picks `count` points spread over all as the points themselves are: they are clustered, and each cluster gives as large
 * a share of the picks as it has of the points, drawn at random within it. Points for which `isAllowed` says no, told
 * what was picked before, are passed over; where a cluster runs out of others, the rest is drawn from all.
 */
export function pickSpread(
  points: Points,
  count: number,
  random: Random,
  isAllowed: (row: number, picked: readonly number[]) => boolean = () => true,
): number[] {
  const clusters = Math.max(1, Math.min(points.rows, Math.round(count / picksPerCluster)));
  const owner = clusterPoints(points, { count: clusters, random, start: drawnStart, sweeps });
  const members = Map.groupBy(shuffledIndexes(points.rows, random), (row) => owner[row]!);
  const groups = [...members.keys()].toSorted((a, b) => a - b).map((cluster) => members.get(cluster)!);
  const shares = divide(
    groups.map((group) => group.length),
    count,
  );
  const picked: number[] = [];
  const pick = (rows: Iterable<number>, most: number): void => {
    let taken = 0;
    for (const row of rows) {
      if (taken >= most) return;
      if (!isAllowed(row, picked)) continue;
      picked.push(row);
      taken++;
    }
  };
  for (const [cluster, group] of groups.entries()) pick(group, shares[cluster]!);
  const already = new Set(picked);
  pick(
    shuffledIndexes(points.rows, random).filter((row) => !already.has(row)),
    count - picked.length,
  );
  return picked;
}

/** Divides `count` in proportion to sizes, the largest remainders rounded up; never more than a size. */
export function divide(sizes: readonly number[], count: number): number[] {
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const wanted = Math.min(count, total);
  const exact = sizes.map((size) => (size * wanted) / total);
  const shares = exact.map(Math.floor);
  const left = wanted - shares.reduce((sum, share) => sum + share, 0);
  const byRemainder = [...exact.keys()].toSorted((a, b) => (exact[b]! % 1) - (exact[a]! % 1) || a - b);
  for (const at of byRemainder.slice(0, left)) shares[at]!++;
  return shares;
}
