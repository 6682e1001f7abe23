import type { Conversation, Turn } from "./conversation.ts";

/** The most that is encoded: beyond it an encoder reads nothing new, and the text travels twice. */
export const maxPromptCharacters = 32_768;
/** The most of one turn that only gives context: the system prompt and what was said just before. */
export const maxContextCharacters = 512;
/** How many turns before the last user turn give context. */
const contextTurns = 2;

/**
 * The text of a conversation that is encoded and estimated: the system prompt, the two turns before the last user turn,
 * and that turn, in the order they were said and without roles. Whatever is too long keeps its head and its tail.
 *
 * A single prompt within the limit is encoded as it is, which is also how labelled prompts are. Empty when nobody said
 * anything, as in a message of images alone.
 */
export function promptText({ turns }: Conversation): string {
  const asked = turns.findLastIndex(({ speaker, text }) => speaker === "user" && text !== "");
  const last = asked === -1 ? turns.length - 1 : asked;
  const system = turns.slice(0, last).find(({ speaker }) => speaker === "system");
  const before = turns.slice(0, last).filter(isSpoken).slice(-contextTurns);
  const context = [...(system ? [system] : []), ...before]
    .map(({ text }) => cutMiddle(text, maxContextCharacters))
    .filter((text) => text !== "");
  const contextLength = context.reduce((sum, text) => sum + text.length + separator.length, 0);
  const question = cutMiddle(turns[last]?.text ?? "", maxPromptCharacters - contextLength);
  return [...context, question].filter((text) => text !== "").join(separator);
}

const separator = "\n\n";
const cutMark = "\n";

function isSpoken({ speaker }: Turn): boolean {
  return speaker !== "system";
}

/** Keeps three quarters of the room for the head and one for the tail; never cuts inside a surrogate pair. */
function cutMiddle(text: string, maxCharacters: number): string {
  if (text.length <= maxCharacters) return text;
  const room = maxCharacters - cutMark.length;
  let headEnd = Math.ceil(room * 0.75);
  let tailStart = text.length - (room - headEnd);
  if (isLowSurrogate(text, headEnd)) headEnd -= 1;
  if (isLowSurrogate(text, tailStart)) tailStart += 1;
  return text.slice(0, headEnd) + cutMark + text.slice(tailStart);
}

function isLowSurrogate(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code >= 0xdc00 && code <= 0xdfff;
}
