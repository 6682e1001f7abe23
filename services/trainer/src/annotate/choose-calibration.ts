import type { CallJournal } from "./journal/call-journal.ts";
import { calibrationKey } from "./journal/journal-record.ts";
import type { Judge } from "./judges/judge.ts";
import { type Calibration, fitLogistic } from "./scoring/calibration.ts";

/** Raw rewards that a map is fitted on: the first so many. */
export const fittedRewards = 200;

export interface ChosenCalibration {
  readonly calibration: Calibration;
  /** Fitted on the few scores there are so far: another run may fit another. */
  readonly isProvisional: boolean;
}

/**
 * The map from raw scores to qualities: the judge's own, or the one this journal has settled on, or one fitted on the
 * first rewards. A fitted map is settled once there are enough rewards, or all there will be, and never changes again,
 * so that rows of a later run compare with those of an earlier one.
 */
export async function chooseCalibration(
  journal: CallJournal,
  judge: Judge,
  options: { readonly scores: () => AsyncIterable<number>; readonly isComplete: boolean },
): Promise<ChosenCalibration> {
  if (judge.calibration) return { calibration: judge.calibration, isProvisional: false };
  const known = await journal.find(calibrationKey);
  if (known?.kind === "calibrated") return { calibration: known.calibration, isProvisional: false };
  const first: number[] = [];
  for await (const raw of options.scores()) {
    first.push(raw);
    if (first.length === fittedRewards) break;
  }
  const calibration = fitLogistic(first.length === 0 ? [0] : first);
  const isProvisional = first.length === 0 || (first.length < fittedRewards && !options.isComplete);
  if (!isProvisional) await journal.append({ kind: "calibrated", key: calibrationKey, calibration });
  return { calibration, isProvisional };
}
