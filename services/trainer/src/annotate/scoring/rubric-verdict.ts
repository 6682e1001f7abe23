export const lowestRating = 1;
export const highestRating = 10;

/**
 * The rating that a judge's reply ends in, `[[7]]` alone on the last line. Anything else is undefined and never a
 * guess: a rating elsewhere may be quoted from the answer.
 */
export function parseRating(reply: string): number | undefined {
  const last = lastLine(reply);
  const rating = Number(/^(?:rating:\s*)?\[\[(\d{1,2})\]\]\.?$/i.exec(last)?.[1] ?? Number.NaN);
  return rating >= lowestRating && rating <= highestRating ? rating : undefined;
}

/** The last line that says something, without Markdown's emphasis. */
export function lastLine(text: string): string {
  const line = text.trimEnd().split("\n").at(-1) ?? "";
  return line.replaceAll(/[*`_]/g, "").trim();
}
