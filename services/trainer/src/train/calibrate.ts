import { applyPlatt, crossEntropy, identityPlatt, logit, type Platt, sigmoid } from "@ipr/estimator";

/** An out-of-fold estimate in log-odds and what was observed. */
export interface Pair {
  readonly logit: number;
  readonly score: number;
}

/** With fewer pairs than this a fitted map would be noise. */
const minPlattPairs = 500;
const maxNewtonSteps = 25;
/** A fit is pulled to identity as strongly as this many average pairs would. */
const ridge = 10;
const residualBins = 10;
/** A map must lower the loss by this many standard errors on pairs it was not fitted on. */
const minGainErrors = 2;

/** The candidate's own calibration: identity unless a Platt map helps clearly on pairs it has not seen. */
export function calibrate(pairs: readonly Pair[]): Platt {
  if (pairs.length < minPlattPairs) return identityPlatt;
  const halves = [pairs.filter((_, i) => i % 2 === 0), pairs.filter((_, i) => i % 2 === 1)] as const;
  const gains = halves.flatMap((half, i) => {
    const map = fitPlatt(halves[1 - i]!);
    return half.map((pair) => loss(pair, identityPlatt) - loss(pair, map));
  });
  const mean = gains.reduce((sum, gain) => sum + gain, 0) / gains.length;
  const variance = gains.reduce((sum, gain) => sum + (gain - mean) ** 2, 0) / (gains.length - 1);
  return mean > minGainErrors * Math.sqrt(variance / gains.length) ? fitPlatt(pairs) : identityPlatt;
}

/** Platt scaling by Newton's method on the cross-entropy of soft labels, pulled to identity. */
export function fitPlatt(pairs: readonly Pair[]): Platt {
  let { slope, intercept } = identityPlatt;
  for (let step = 0; step < maxNewtonSteps; step++) {
    let [g0, g1] = [ridge * 0.25 * intercept, ridge * 0.25 * (slope - 1)];
    let [h00, h01, h11] = [ridge * 0.25, 0, ridge * 0.25];
    for (const { logit: x, score } of pairs) {
      const estimate = sigmoid(intercept + slope * x);
      const curvature = estimate * (1 - estimate);
      g0 += estimate - score;
      g1 += (estimate - score) * x;
      h00 += curvature;
      h01 += curvature * x;
      h11 += curvature * x * x;
    }
    const determinant = h00 * h11 - h01 * h01;
    const byIntercept = (h11 * g0 - h01 * g1) / determinant;
    const bySlope = (h00 * g1 - h01 * g0) / determinant;
    intercept -= byIntercept;
    slope -= bySlope;
    if (Math.abs(byIntercept) + Math.abs(bySlope) < 1e-9) break;
  }
  // A map that falls would turn the ranking round: then the estimates are better left as they are.
  return slope > 0 && Number.isFinite(slope + intercept) ? { slope, intercept } : identityPlatt;
}

/**
 * How far calibrated estimates miss, in log-odds: the root mean square over bins of equal mass of the difference
 * between observed and estimated mean. Sampling noise stays in: a candidate with few labels is less certain.
 */
export function residualOf(pairs: readonly Pair[], map: Platt): number {
  const sorted = pairs
    .map(({ logit: value, score }) => ({ estimate: sigmoid(applyPlatt(value, map)), score }))
    .toSorted((a, b) => a.estimate - b.estimate);
  const bins = Math.min(residualBins, sorted.length);
  let squares = 0;
  for (let bin = 0; bin < bins; bin++) {
    const members = sorted.slice(
      Math.floor((bin * sorted.length) / bins),
      Math.floor(((bin + 1) * sorted.length) / bins),
    );
    // Half a good and half a bad answer more keep a bin of equal scores finite.
    const observed = (members.reduce((sum, { score }) => sum + score, 0) + 0.5) / (members.length + 1);
    const estimated = members.reduce((sum, { estimate }) => sum + estimate, 0) / members.length;
    squares += (logit(observed) - logit(estimated)) ** 2;
  }
  return Math.sqrt(squares / bins);
}

/**
 * The residual of a candidate that is predicted by its mean: the mean's own sampling error, and how far prompts
 * typically lie from a mean (`spread`, the standard deviation of other candidates' logits).
 */
export function residualOfMean(labels: number, meanLogit: number, spread: number): number {
  const mean = sigmoid(meanLogit);
  return Math.hypot(1 / Math.sqrt((labels + 1) * mean * (1 - mean)), spread);
}

function loss({ logit: value, score }: Pair, map: Platt): number {
  return crossEntropy(applyPlatt(value, map), score);
}
