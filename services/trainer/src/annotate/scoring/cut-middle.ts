/** Text within a limit, with a note in place of its middle where it was longer. */
export function cutMiddle(text: string, maxCharacters: number): string {
  if (text.length <= maxCharacters) return text;
  const half = Math.floor(maxCharacters / 2);
  const hidden = text.length - 2 * half;
  return `${text.slice(0, half).toWellFormed()}\n[... ${hidden} characters left out ...]\n${text.slice(-half).toWellFormed()}`;
}
