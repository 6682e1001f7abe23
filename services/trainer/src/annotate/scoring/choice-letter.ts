/** How answers name their choice, the surest way first; in each the last one said counts. */
const patterns = [
  /\\boxed\{\s*(?:\\text\{)?\s*\(?([A-Z])\)?\s*\}/g,
  /\b(?:answer|choice|option)\b(?:\s+(?:is|would be|must be))?\s*:?\s*(?:\*\*|\()*\s*([A-Z])(?![\w'’])/gi,
  /(?:^|\n)\s*(?:\*\*)?\(?([A-Z])\)?(?:\*\*)?[.):]?\s*$/g,
  /^\s*(?:\*\*)?\(?([A-Z])(?:\*\*)?[.):]/g,
  /\(([A-Z])\)/g,
] as const;

/** The letter that an answer to a multiple-choice question settles on; undefined when it names none. */
export function choiceLetter(text: string): string | undefined {
  const whole = /^\s*\(?([A-Za-z])\)?[.):]?\s*$/.exec(text)?.[1];
  if (whole !== undefined) return whole.toUpperCase();
  for (const pattern of patterns) {
    const letters = Array.from(text.matchAll(pattern), ([, letter]) => letter ?? "").filter((letter) =>
      /[A-Z]/.test(letter),
    );
    const last = letters.at(-1);
    if (last !== undefined) return last;
  }
  return undefined;
}
