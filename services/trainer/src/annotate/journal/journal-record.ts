import { z } from "zod";
import { Calibration } from "../scoring/calibration.ts";

const usd = z.number().nonnegative();

/** What is written down of an annotation, one JSON object a line. The last record of a key counts. */
export const JournalRecord = z.discriminatedUnion("kind", [
  /** How answers are got and judged: the same for all that is in one journal. */
  z.object({
    kind: z.literal("settings"),
    key: z.string(),
    formatVersion: z.literal(1),
    settings: z.unknown(),
  }),
  /** A call has begun that may cost this much. Without a later record of its key nobody knows whether it was billed. */
  z.object({ kind: z.literal("asked"), key: z.string(), chargedUsd: usd }),
  z.object({
    kind: z.literal("answered"),
    key: z.string(),
    prompt: z.string(),
    model: z.string(),
    text: z.string(),
    isCut: z.boolean(),
    inputTokens: z.number().optional(),
    outputTokens: z.number().optional(),
    /** What it cost; absent when that is unknown. */
    costUsd: usd.optional(),
    /** What it counts against the spend limit: its cost, or the most it can have been. */
    chargedUsd: usd,
  }),
  z.object({
    kind: z.literal("failed"),
    key: z.string(),
    prompt: z.string(),
    why: z.string(),
    /** Asking again changes nothing. */
    isFinal: z.boolean(),
    /** Of a score: a retry makes the judge's calls of this round, 1 when absent. Those of earlier ones are used up. */
    nextRound: z.int().positive().optional(),
    chargedUsd: usd,
  }),
  z.object({
    kind: z.literal("scored"),
    key: z.string(),
    prompt: z.string(),
    /** In the judge's own units. */
    raw: z.number(),
    /** What the judge said beside it, such as its reasons. */
    note: z.string().optional(),
  }),
  z.object({ kind: z.literal("calibrated"), key: z.string(), calibration: Calibration }),
]);
export type JournalRecord = z.infer<typeof JournalRecord>;

export const settingsKey = "settings";
export const calibrationKey = "calibration";
export const answerKey = (prompt: string, candidate: string) => JSON.stringify(["answer", prompt, candidate]);
export const scoreKey = (prompt: string, candidate: string) => JSON.stringify(["score", prompt, candidate]);
/** A judge's calls about one answer, by their name and round. */
export const judgeKey = (prompt: string, candidate: string, call: string, round: number) =>
  JSON.stringify(["judge", prompt, candidate, call, ...(round > 1 ? [round] : [])]);
