import type { RenderedAnnotation } from "./render-annotation.ts";

/** What is wrong with a run after which no prompt has a label; undefined when one has. */
export function nothingLabelled({ rows, candidates }: RenderedAnnotation): string | undefined {
  if (rows > 0) return undefined;
  const [reason] = candidates
    .flatMap(({ failures }) => Object.entries(failures))
    .toSorted(([, a], [, b]) => b - a);
  if (reason === undefined) return "nothing was labelled: no answer was asked for";
  return `nothing was labelled: every answer failed, most often with: ${reason[0]}; once the cause is gone, --retry-failed asks again (another judge needs another --out)`;
}
