/**
 * Text as SQuAD compares it: lower case, without punctuation, English articles and superfluous space. Compatibility
 * forms of Unicode are one, so that "ﬁ" equals "fi".
 */
export function normaliseAnswer(text: string): string {
  return text
    .normalize("NFKC")
    .toLowerCase()
    .replaceAll(/[\p{P}\p{S}]/gu, " ")
    .replaceAll(/\b(?:a|an|the)\b/g, " ")
    .replaceAll(/\s+/g, " ")
    .trim();
}

/** Whether both say the same once normalised. What is nothing but punctuation is compared as it is. */
export function isSameAnswer(a: string, b: string): boolean {
  const [left, right] = [normaliseAnswer(a), normaliseAnswer(b)];
  return left === "" || right === "" ? a.trim() === b.trim() : left === right;
}
