/** The bundle's own estimates, before anything was learned online. */
export const noRevision = "none";

const digits = 12;
const prefix = "c";

/** Revisions sort as text in the order they were made. "none" sorts after all of them and is never made. */
export function revisionOf(sequence: number): string {
  return prefix + String(sequence).padStart(digits, "0");
}

/** The number of a revision; 0 for anything else. */
export function sequenceOf(revision: string): number {
  return /^c\d+$/.test(revision) ? Number(revision.slice(prefix.length)) : 0;
}

/** The newest revision made before the given one; "none" when there is none. */
export function revisionBefore(revision: string, history: readonly string[]): string {
  const before = history.filter((other) => sequenceOf(other) < sequenceOf(revision));
  return before.toSorted().at(-1) ?? noRevision;
}
