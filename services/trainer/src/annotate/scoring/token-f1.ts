import { normaliseAnswer } from "./normalise-answer.ts";

/** Harmonic mean of precision and recall over the words of both, each counted as often as it occurs (SQuAD's F1). */
export function tokenF1(answer: string, reference: string): number {
  const said = words(answer);
  const expected = words(reference);
  if (said.length === 0 || expected.length === 0) return said.length === expected.length ? 1 : 0;
  const left = new Map<string, number>();
  for (const word of expected) left.set(word, (left.get(word) ?? 0) + 1);
  let common = 0;
  for (const word of said) {
    const count = left.get(word) ?? 0;
    if (count === 0) continue;
    left.set(word, count - 1);
    common++;
  }
  return (2 * common) / (said.length + expected.length);
}

function words(text: string): readonly string[] {
  return normaliseAnswer(text)
    .split(" ")
    .filter((word) => word !== "");
}
