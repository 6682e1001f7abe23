import type { Answer, NoAnswer } from "../answerer.ts";
import type { JournalRecord } from "../journal/journal-record.ts";

/** How a call ended, for the journal. Where nobody knows what it cost, it counts as the most it can have cost. */
export function toRecord(
  about: { readonly key: string; readonly prompt: string; readonly model: string },
  end: Answer | NoAnswer,
  most: number,
): Extract<JournalRecord, { kind: "answered" | "failed" }> {
  const { key, prompt } = about;
  switch (end.kind) {
    case "answered": {
      const { text, isCut, inputTokens, outputTokens, costUsd } = end;
      return {
        kind: "answered",
        ...about,
        text,
        isCut,
        ...(inputTokens === undefined ? {} : { inputTokens }),
        ...(outputTokens === undefined ? {} : { outputTokens }),
        ...(costUsd === undefined ? {} : { costUsd }),
        chargedUsd: costUsd ?? most,
      };
    }
    case "refused":
      return { kind: "failed", key, prompt, why: end.why, isFinal: true, chargedUsd: 0 };
    case "failed":
      return {
        kind: "failed",
        key,
        prompt,
        why: end.why,
        isFinal: false,
        chargedUsd: end.mayBeBilled ? most : 0,
      };
    default:
      return end satisfies never;
  }
}
