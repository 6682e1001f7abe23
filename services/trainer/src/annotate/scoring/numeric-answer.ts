/** Digits with or without thousands separators, a fraction, an exponent. A sign counts only where it is no hyphen,
 * and what follows a word's hyphen is part of a name. */
const number =
  /(?<![\w.]|[A-Za-z]-)[-+−]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?:[eE][-+]?\d+)?|(?<![\w.]|[A-Za-z]-)[-+−]?\.\d+/g;

/** The last number in a text: where answers that reason have their result. */
export function lastNumber(text: string): number | undefined {
  const last = text.match(number)?.at(-1);
  if (last === undefined) return undefined;
  const value = Number(last.replaceAll(",", "").replace("−", "-"));
  return Number.isFinite(value) ? value : undefined;
}

/** Whether a number is the expected one within a tolerance, relative above 1 and absolute below. */
export function isNear(value: number, expected: number, tolerance: number): boolean {
  return Math.abs(value - expected) <= tolerance * Math.max(1, Math.abs(expected));
}
