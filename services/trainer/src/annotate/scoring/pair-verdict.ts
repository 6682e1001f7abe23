import { lastLine } from "./rubric-verdict.ts";

/** How much better the first of two answers is than the second, in steps: 2 much better, 0 as good, -2 much worse. */
export type Preference = -2 | -1 | 0 | 1 | 2;

const verdicts: ReadonlyMap<string, Preference> = new Map([
  ["A>>B", 2],
  ["A>B", 1],
  ["A=B", 0],
  ["B>A", -1],
  ["B>>A", -2],
]);

/** The verdict that a judge's reply ends in, such as `[[A>B]]` alone on the last line; undefined for anything else. */
export function parsePreference(reply: string): Preference | undefined {
  const verdict = /^(?:[Vv]erdict:\s*)?\[\[([AB]\s*(?:>>|>|=)\s*[AB])\]\]\.?$/.exec(lastLine(reply))?.[1];
  return verdict === undefined ? undefined : verdicts.get(verdict.replaceAll(/\s/g, ""));
}

/**
 * One preference from both orders: the answer judged once as A and once as B. Where the orders do not name the same
 * winner, the judge went by position, and that is a tie.
 *
 * @param asFirst how the answer did as A
 * @param asSecond how the other did as A, while the answer was B
 */
export function swapped(asFirst: Preference, asSecond: Preference): { steps: number; agrees: boolean } {
  const mirrored = -asSecond;
  const agrees = Math.sign(asFirst) === Math.sign(mirrored);
  return { steps: agrees ? (asFirst + mirrored) / 2 : 0, agrees };
}
