import { IprError, status } from "@ipr/errors";

/** At most this many problems are listed at once. */
const maxListedProblems = 20;

/** Where something is in a file or message: keys and list positions, outermost first. */
export type Path = readonly (string | number)[];

/** One thing that is wrong, for the person who must mend it. */
export interface Problem {
  readonly path: Path;
  /** What is there and what would be right: completes "<path> …". */
  readonly text: string;
}

/** A path as people read it: `candidates[3].price.source`; "the file" for the whole. */
export function renderPath(path: Path): string {
  let text = "";
  for (const part of path) {
    if (typeof part === "number") text += `[${part}]`;
    else text += text === "" ? part : `.${part}`;
  }
  return text === "" ? "the file" : text;
}

/** BAD_CONFIG that lists every problem, a line each. `lineOf` finds where a path is in the file. */
export function badFile(
  fileName: string,
  problems: readonly Problem[],
  lineOf: (path: Path) => number | undefined = () => undefined,
): IprError {
  const lines = problems.slice(0, maxListedProblems).map(({ path, text }) => {
    const line = lineOf(path);
    return `${fileName}${line === undefined ? "" : `:${line}`}: ${renderPath(path)} ${text}`;
  });
  const hidden = problems.length - lines.length;
  if (hidden > 0) lines.push(`${fileName}: and ${hidden} more`);
  return new IprError(status.INVALID_ARGUMENT, "BAD_CONFIG", lines.join("\n"), {
    metadata: { file: fileName },
  });
}
