import type { Constraints } from "./candidate.ts";

/** A turn of a conversation. Attached content stays with the caller: only its types are known. */
export interface Turn {
  readonly speaker: "system" | "user" | "assistant" | "tool";
  readonly text: string;
  readonly mediaTypes: readonly string[];
}

/** What the caller wants answered. */
export interface Conversation {
  readonly turns: readonly Turn[];
  readonly hasTools: boolean;
  readonly hasJsonSchema: boolean;
}

export function singlePrompt(text: string): Conversation {
  return { turns: [{ speaker: "user", text, mediaTypes: [] }], hasTools: false, hasJsonSchema: false };
}

/** How much the candidate will read: every turn, not only what is encoded. */
export function characterCount({ turns }: Conversation): number {
  return turns.reduce((sum, { text }) => sum + text.length, 0);
}

/** What the conversation itself asks of a candidate. */
export function requirementsOf({ turns, hasTools, hasJsonSchema }: Conversation): Constraints {
  return {
    needsTools: hasTools,
    needsVision: turns.some(({ mediaTypes }) => mediaTypes.some(isImage)),
    needsJsonSchema: hasJsonSchema,
    minContextTokens: 0,
    regions: [],
    residencies: [],
    allowFamilies: [],
    denyFamilies: [],
  };
}

function isImage(mediaType: string): boolean {
  return mediaType.toLowerCase().startsWith("image/");
}
