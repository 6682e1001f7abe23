/** Platt scaling: calibrated logit = intercept + slope * logit. Slope 1 and intercept 0 change nothing. */
export interface Platt {
  readonly slope: number;
  readonly intercept: number;
}

export const identityPlatt: Platt = { slope: 1, intercept: 0 };

/** Log-odds beyond this are cut: a quality of 0 or 1 stays a finite number that can be corrected. */
export const maxLogit = 15;

export function applyPlatt(value: number, { slope, intercept }: Platt): number {
  return intercept + slope * value;
}

/** The share that log-odds stand for. */
export function sigmoid(value: number): number {
  return 1 / (1 + Math.exp(-value));
}

/** The log-odds of a share, within +-`maxLogit`. */
export function logit(share: number): number {
  const value = Math.log(share / (1 - share));
  return Math.max(-maxLogit, Math.min(maxLogit, value));
}

/** -log likelihood of a share of good answers under an estimate in log-odds, in nats, without overflow. */
export function crossEntropy(value: number, share: number): number {
  return Math.max(value, 0) + Math.log1p(Math.exp(-Math.abs(value))) - share * value;
}
