import { existsSync } from "node:fs";
import { IprError, status } from "@ipr/errors";

const digestPattern = /@(sha256:[0-9a-f]{64})$/;

export interface ParsedReference {
  readonly dir: string;
  /** `sha256:…`, when the reference asks for one digest. */
  readonly digest: string | undefined;
}

export function parseReference(reference: string): ParsedReference {
  const digest = digestPattern.exec(reference)?.[1];
  if (digest !== undefined) return { dir: reference.slice(0, -digest.length - 1), digest };
  const at = reference.lastIndexOf("@sha256:");
  if (at !== -1)
    throw badReference(
      reference,
      `has ${JSON.stringify(reference.slice(at + 1))}, but a digest is sha256: and 64 hexadecimal digits`,
    );
  return { dir: reference, digest };
}

/**
 * A reference with the name of a shipped encoder (`minilm`, `minilm@sha256:…`) replaced by its directory. A directory is
 * left as it is; one with the name of a shipped encoder is written `./minilm`.
 */
export function resolveReference(reference: string, shipped: Readonly<Record<string, string>>): string {
  const { dir, digest } = parseReference(reference);
  const known = Object.hasOwn(shipped, dir) ? shipped[dir] : undefined;
  if (known === undefined && !dir.includes("/") && !existsSync(dir)) {
    const names = Object.keys(shipped).join(", ");
    throw badReference(reference, `is neither a directory nor a shipped encoder (${names})`);
  }
  return `${known ?? dir}${digest === undefined ? "" : `@${digest}`}`;
}

function badReference(reference: string, problem: string): IprError {
  return new IprError(status.INVALID_ARGUMENT, "BAD_CONFIG", `encoder ${reference} ${problem}`, {
    metadata: { setting: "encoder" },
  });
}
