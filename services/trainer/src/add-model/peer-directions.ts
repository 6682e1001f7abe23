import { principalAxes } from "../distill/principal-components.ts";
import { combine, type Direction, honestValue, shifted } from "./directions.ts";
import type { HiddenRows } from "./hidden-rows.ts";

/** More components of what the others say than this add noise to a few hundred labels. */
const maxComponents = 4;
/** A component that varies less than this says nothing. */
const smallestVariance = 1e-9;

/**
 * What the other candidates' heads say, in a few directions: first their mean, then the principal components in which
 * they differ, each of unit variance over the rows; all centred on the rows.
 */
export function peerDirections(
  heads: readonly ArrayLike<number>[],
  hidden: HiddenRows,
  heldOutOf: (row: number) => number | undefined,
): Direction[] {
  const count = heads.length;
  if (count === 0) return [];
  const said = heads.map((head) =>
    Float64Array.from({ length: hidden.rows }, (_, row) => honestValue(head, hidden, row, heldOutOf(row))),
  );
  const means = said.map((values) => values.reduce((sum, value) => sum + value, 0) / hidden.rows);
  const directionOf = (factors: ArrayLike<number>): Direction => {
    const centre = means.reduce((sum, mean, peer) => sum + factors[peer]! * mean, 0);
    return shifted(combine(heads, factors), hidden, centre);
  };
  const average = directionOf(new Float64Array(count).fill(1 / count));
  if (count === 1) return [average];

  const covariance = new Float64Array(count * count);
  for (let a = 0; a < count; a++) {
    for (let b = 0; b < count; b++) {
      let sum = 0;
      for (let row = 0; row < hidden.rows; row++)
        sum += (said[a]![row]! - means[a]!) * (said[b]![row]! - means[b]!);
      covariance[a * count + b] = sum / hidden.rows;
    }
  }
  const components = Math.min(maxComponents, count - 1);
  const axes = principalAxes(covariance.slice(), count, components);
  const others = Array.from({ length: components }, (_, k) => {
    const axis = Float64Array.from({ length: count }, (_, peer) => axes[peer * components + k]!);
    const variance = quadraticForm(covariance, axis);
    return variance < smallestVariance ? [] : [directionOf(axis.map((value) => value / Math.sqrt(variance)))];
  });
  return [average, ...others.flat()];
}

function quadraticForm(matrix: Float64Array, vector: Float64Array): number {
  const size = vector.length;
  let sum = 0;
  for (let a = 0; a < size; a++) {
    for (let b = 0; b < size; b++) sum += vector[a]! * matrix[a * size + b]! * vector[b]!;
  }
  return sum;
}
