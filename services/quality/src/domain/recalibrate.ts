import { applyPlatt, logit, type Platt, type QualityEstimate, sigmoid } from "@ipr/estimator";

/** A calibration as estimates need it: the revision, and the map of each corrected candidate. */
export interface LiveCalibration {
  readonly revision: string;
  readonly maps: ReadonlyMap<string, Platt>;
}

/** The bundle's own estimates, before anything was learned online. */
export const uncalibrated: LiveCalibration = { revision: "none", maps: new Map() };

/**
 * Corrects an estimate and its interval by the candidate's map (algorithms: Platt scaling on the logit). The map is
 * monotone, so the ends of the interval stay ends. The `logit` stays as it was: recalibration learns from it.
 */
export function recalibrate(estimate: QualityEstimate, { maps }: LiveCalibration): QualityEstimate {
  const map = maps.get(estimate.candidate);
  if (map === undefined) return estimate;
  const correct = (quality: number) => sigmoid(applyPlatt(logit(quality), map));
  return {
    ...estimate,
    quality: sigmoid(applyPlatt(estimate.logit, map)),
    qualityLow: correct(estimate.qualityLow),
    qualityHigh: correct(estimate.qualityHigh),
  };
}
