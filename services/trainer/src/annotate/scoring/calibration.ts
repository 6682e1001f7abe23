import { z } from "zod";

/** How a judge's raw score becomes a quality in [0, 1]. Every kind is monotone: it never changes an order. */
export const Calibration = z.discriminatedUnion("kind", [
  /** The raw score is a quality already. */
  z.object({ kind: z.literal("identity") }),
  /** `lowest` becomes 0 and `highest` 1. */
  z.object({ kind: z.literal("linear"), lowest: z.number(), highest: z.number() }),
  /** 1 / (1 + exp(-(raw - location) / scale)). */
  z.object({
    kind: z.literal("logistic"),
    location: z.number(),
    scale: z.number().positive(),
    /** Where the two numbers come from, in words. */
    origin: z.string(),
    /** The number of raw scores they were fitted on. */
    fittedOn: z.int().nonnegative().optional(),
  }),
]);
export type Calibration = z.infer<typeof Calibration>;

/** One step of preference is odds of 3 to 1 in the Bradley-Terry model: 0.75 for better, 0.9 for much better. */
const oddsOfOneStep = 3;

export const bradleyTerry: Calibration = {
  kind: "logistic",
  location: 0,
  scale: 1 / Math.log(oddsOfOneStep),
  origin: "Bradley-Terry: one step of preference over the reference is odds of 3 to 1",
};

export function calibrated(raw: number, calibration: Calibration): number {
  switch (calibration.kind) {
    case "identity":
      return clamp(raw);
    case "linear":
      return clamp((raw - calibration.lowest) / (calibration.highest - calibration.lowest));
    case "logistic":
      return 1 / (1 + Math.exp(-(raw - calibration.location) / calibration.scale));
    default:
      return calibration satisfies never;
  }
}

/** The logistic distribution's quartiles lie this many scales on either side of its location. */
const quartileDistance = Math.log(3);

/**
 * The logistic map under which half of these rewards lie above 0.5 and half between 0.25 and 0.75: location is the
 * median, scale comes from the quartiles, so that a few wild rewards move neither.
 */
export function fitLogistic(rewards: readonly number[]): Calibration {
  const sorted = rewards.toSorted((a, b) => a - b);
  const location = quantile(sorted, 0.5);
  const spread = (quantile(sorted, 0.75) - quantile(sorted, 0.25)) / 2;
  return {
    kind: "logistic",
    location,
    // Rewards that are all the same say nothing about the scale; any will do.
    scale: spread > 0 ? spread / quartileDistance : 1,
    origin: "median and quartiles of the first rewards",
    fittedOn: rewards.length,
  };
}

function quantile(sorted: readonly number[], share: number): number {
  const at = share * (sorted.length - 1);
  const below = sorted[Math.floor(at)] ?? 0;
  const above = sorted[Math.ceil(at)] ?? below;
  return below + (at - Math.floor(at)) * (above - below);
}

function clamp(value: number): number {
  return Math.min(1, Math.max(0, value));
}
