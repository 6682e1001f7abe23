import { cutText } from "./cut-text.ts";

/** One turn of a conversation, as text. */
export interface SpokenTurn {
  readonly speaker: "system" | "user" | "assistant" | "tool";
  readonly text: string;
}

/** The most that is encoded: beyond it neither encoder nor features read anything new. */
export const maxPromptCharacters = 8_192;
/** The most of one turn that only gives context: the system prompt and what was said just before. */
export const maxContextCharacters = 512;
/** How many turns before the last user turn give context. */
const contextTurns = 2;
const separator = "\n\n";

/**
 * The text of a conversation that is encoded and estimated: the system prompt, the two turns before the last user turn,
 * and that turn, in the order they were said and without roles. Whatever is too long keeps its head and its tail. A single
 * prompt within the limit is encoded as it is. Empty when nobody said anything, as in a message of images alone.
 *
 * Training and serving must agree on this, so it lives here and nowhere else.
 */
export function promptText(turns: readonly SpokenTurn[]): string {
  const asked = turns.findLastIndex(({ speaker, text }) => speaker === "user" && text !== "");
  const last = asked === -1 ? turns.length - 1 : asked;
  const system = turns.slice(0, last).find(({ speaker }) => speaker === "system");
  const before = turns
    .slice(0, last)
    .filter(({ speaker }) => speaker !== "system")
    .slice(-contextTurns);
  const context = [...(system ? [system] : []), ...before]
    .map(({ text }) => cutText(text, maxContextCharacters))
    .filter((text) => text !== "");
  const contextLength = context.reduce((sum, text) => sum + text.length + separator.length, 0);
  const question = cutText(turns[last]?.text ?? "", maxPromptCharacters - contextLength);
  return [...context, question].filter((text) => text !== "").join(separator);
}
