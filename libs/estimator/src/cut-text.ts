/** Of a text that is too long, the head keeps this share of the room: what is asked mostly comes first. */
const headShare = 0.75;

/**
 * A text of at most `maxCharacters` UTF-16 code units: a longer one keeps its head and its tail, joined by a line break.
 * It never cuts inside a surrogate pair, and costs no more for 4 MB than for 4 KB.
 */
export function cutText(text: string, maxCharacters: number): string {
  if (text.length <= maxCharacters) return text;
  const room = Math.max(0, maxCharacters - 1);
  const headLength = Math.ceil(room * headShare);
  let headEnd = headLength;
  let tailStart = text.length - (room - headLength);
  if (isInsidePair(text, headEnd)) headEnd--;
  if (isInsidePair(text, tailStart)) tailStart++;
  return `${text.slice(0, headEnd)}\n${text.slice(tailStart)}`.slice(0, maxCharacters);
}

/** Whether the code units on both sides of `at` are one character. */
function isInsidePair(text: string, at: number): boolean {
  return at > 0 && isHigh(text.charCodeAt(at - 1)) && isLow(text.charCodeAt(at));
}

function isHigh(code: number): boolean {
  return code >= 0xd800 && code <= 0xdbff;
}

function isLow(code: number): boolean {
  return code >= 0xdc00 && code <= 0xdfff;
}
