import { seededRandom } from "@ipr/evaluation";
import type { HiddenRows } from "./hidden-rows.ts";

/** Where most of a fold's hidden units' variation lies: coordinates of a row are `(hidden - mean) . axes / scale`. */
export interface UnitBasis {
  readonly fold: number;
  readonly count: number;
  readonly mean: Float64Array;
  /** Orthonormal columns, [units, count]. */
  readonly axes: Float64Array;
  readonly scale: number;
}

/** Past these many axes of a trained layer there is little but noise. */
const maxAxes = 32;
/** The search for the axes; their span has converged well before. */
const sweeps = 12;
/** The total variance of coordinates, so that one scale of strengths serves every layer. */
const totalVariance = 20;

/**
 * The leading axes of one fold's hidden units, by orthogonal iteration. A ridge pulls all coordinates alike, so that only
 * the span of the axes matters and not which axes span it.
 */
export function unitBasis({ rows, folds, units, values }: HiddenRows, fold: number): UnitBasis {
  const at = (row: number, unit: number): number => values[(row * folds + fold) * units + unit]!;
  const mean = Float64Array.from({ length: units }, (_, unit) => {
    let sum = 0;
    for (let row = 0; row < rows; row++) sum += at(row, unit);
    return sum / rows;
  });
  const covariance = new Float64Array(units * units);
  const centred = new Float64Array(units);
  for (let row = 0; row < rows; row++) {
    for (let unit = 0; unit < units; unit++) centred[unit] = at(row, unit) - mean[unit]!;
    for (let a = 0; a < units; a++) {
      const value = centred[a]! / rows;
      for (let b = 0; b < units; b++) covariance[a * units + b]! += value * centred[b]!;
    }
  }
  const count = Math.min(maxAxes, units, rows);
  const random = seededRandom(fold + 1);
  let axes = Float64Array.from({ length: units * count }, () => random() - 0.5);
  orthonormalise(axes, units, count);
  for (let sweep = 0; sweep < sweeps; sweep++) {
    axes = product(covariance, axes, units, count);
    orthonormalise(axes, units, count);
  }
  let trace = 0;
  for (let unit = 0; unit < units; unit++) trace += covariance[unit * units + unit]!;
  return { fold, count, mean, axes, scale: Math.sqrt(trace / totalVariance) || 1 };
}

/** Writes a row's coordinates into `into` from `from` on. */
export function writeCoordinates(
  { fold, count, mean, axes, scale }: UnitBasis,
  { folds, units, values }: HiddenRows,
  row: number,
  into: Float64Array,
  from: number,
): void {
  for (let unit = 0; unit < units; unit++) {
    const value = (values[(row * folds + fold) * units + unit]! - mean[unit]!) / scale;
    for (let k = 0; k < count; k++) into[from + k]! += value * axes[unit * count + k]!;
  }
}

/** Weights of the hidden units, and a bias, that say the same as coefficients of the coordinates. */
export function unitWeights(
  { count, mean, axes, scale }: UnitBasis,
  coefficients: Float64Array,
): Float64Array {
  const units = mean.length;
  const head = new Float64Array(units + 1);
  for (let unit = 0; unit < units; unit++) {
    let weight = 0;
    for (let k = 0; k < count; k++) weight += axes[unit * count + k]! * coefficients[k]!;
    head[unit] = weight / scale;
    head[units]! -= (weight / scale) * mean[unit]!;
  }
  return head;
}

function product(
  matrix: Float64Array,
  columns: Float64Array,
  size: number,
  count: number,
): Float64Array<ArrayBuffer> {
  const result = new Float64Array(size * count);
  for (let a = 0; a < size; a++) {
    for (let b = 0; b < size; b++) {
      const value = matrix[a * size + b]!;
      for (let k = 0; k < count; k++) result[a * count + k]! += value * columns[b * count + k]!;
    }
  }
  return result;
}

/** Gram and Schmidt, twice over, which is enough for orthogonality to the last digits. A column of nothing stays so. */
function orthonormalise(columns: Float64Array, size: number, count: number): void {
  for (let k = 0; k < count; k++) {
    for (let pass = 0; pass < 2; pass++) {
      for (let j = 0; j < k; j++) {
        let overlap = 0;
        for (let i = 0; i < size; i++) overlap += columns[i * count + k]! * columns[i * count + j]!;
        for (let i = 0; i < size; i++) columns[i * count + k]! -= overlap * columns[i * count + j]!;
      }
    }
    let square = 0;
    for (let i = 0; i < size; i++) square += columns[i * count + k]! ** 2;
    const length = Math.sqrt(square);
    for (let i = 0; i < size; i++)
      columns[i * count + k] = length < 1e-100 ? 0 : columns[i * count + k]! / length;
  }
}
