import { crossEntropy } from "@ipr/estimator";
import {
  type Design,
  linearValue,
  type LinearFit,
  type Pull,
  type Regression,
  solvePositive,
} from "./design.ts";

const maxNewtonSteps = 30;
const maxHalvings = 12;
/** A step that promises less than this ends the search. */
const smallestGain = 1e-9;
/** Keeps the intercept finite where every label is alike: the pull of a thousandth of a row. */
const interceptStrength = 1e-3;

/** Logistic regression; a value is in log-odds. */
export const softLogistic: Regression = { fit: fitSoftLogistic, loss: crossEntropy };

/**
 * Logistic regression of labels in [0, 1] (cross-entropy on soft labels) on the design's columns, each coefficient pulled
 * as told, by Newton's method. The problem is convex, so the answer does not depend on where the search begins.
 */
function fitSoftLogistic(design: Design, labels: Float64Array, pull: Pull): LinearFit {
  const { columns } = design;
  const size = columns + 1;
  let beta = new Float64Array(size);
  for (let j = 0; j < columns; j++) beta[1 + j] = pull.towards[j]!;
  let loss = lossAt(design, labels, pull, beta);
  for (let step = 0; step < maxNewtonSteps; step++) {
    const { gradient, curvature } = derivativesAt(design, labels, pull, beta);
    const direction = solvePositive(curvature, gradient, size);
    const gain = direction.reduce((sum, value, j) => sum + value * gradient[j]!, 0) / 2;
    if (!(gain > smallestGain)) break;
    const better = descend({ design, labels, pull, beta, direction, loss });
    if (better === undefined) break;
    ({ beta, loss } = better);
  }
  return { intercept: beta[0]!, coefficients: beta.slice(1) };
}

interface Position {
  readonly design: Design;
  readonly labels: Float64Array;
  readonly pull: Pull;
  readonly beta: Float64Array<ArrayBuffer>;
  readonly direction: Float64Array;
  readonly loss: number;
}

/** The Newton step, halved until the loss falls. */
function descend({ design, labels, pull, beta, direction, loss }: Position) {
  for (let halving = 0, share = 1; halving < maxHalvings; halving++, share /= 2) {
    const next = beta.map((value, j) => value - share * direction[j]!);
    const nextLoss = lossAt(design, labels, pull, next);
    if (nextLoss < loss) return { beta: next, loss: nextLoss };
  }
  return undefined;
}

function lossAt(design: Design, labels: Float64Array, pull: Pull, beta: Float64Array): number {
  const fit = { intercept: beta[0]!, coefficients: beta.subarray(1) };
  let loss = (interceptStrength * beta[0]! ** 2) / 2;
  for (let j = 0; j < design.columns; j++) {
    loss += (pull.strength[j]! * (beta[1 + j]! - pull.towards[j]!) ** 2) / 2;
  }
  for (let row = 0; row < design.rows; row++) {
    loss += crossEntropy(linearValue(design, row, fit), labels[row]!);
  }
  return loss;
}

function derivativesAt(design: Design, labels: Float64Array, pull: Pull, beta: Float64Array) {
  const { rows, columns, values } = design;
  const size = columns + 1;
  const fit = { intercept: beta[0]!, coefficients: beta.subarray(1) };
  const gradient = new Float64Array(size);
  const curvature = new Float64Array(size * size);
  gradient[0] = interceptStrength * beta[0]!;
  curvature[0] = interceptStrength;
  for (let j = 0; j < columns; j++) {
    gradient[1 + j] = pull.strength[j]! * (beta[1 + j]! - pull.towards[j]!);
    curvature[(1 + j) * size + 1 + j] = pull.strength[j]!;
  }
  for (let row = 0; row < rows; row++) {
    const estimate = 1 / (1 + Math.exp(-linearValue(design, row, fit)));
    const error = estimate - labels[row]!;
    const weight = estimate * (1 - estimate);
    const from = row * columns;
    gradient[0] += error;
    curvature[0] += weight;
    for (let j = 0; j < columns; j++) {
      const value = values[from + j]!;
      const weighted = weight * value;
      const at = (1 + j) * size;
      gradient[1 + j]! += error * value;
      curvature[at]! += weighted;
      for (let k = 0; k <= j; k++) curvature[at + 1 + k]! += weighted * values[from + k]!;
    }
  }
  return { gradient, curvature };
}
