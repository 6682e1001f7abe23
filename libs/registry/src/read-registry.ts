import { readFile } from "node:fs/promises";
import { IprError, status } from "@ipr/errors";
import type { Registry } from "@ipr/proto";
import { parseRegistry } from "./parse-registry.ts";

/**
 * Reads a registry file.
 *
 * @throws IprError BAD_CONFIG when it cannot be read, or that lists every problem in it.
 */
export async function readRegistry(file: string): Promise<Registry> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const problem = code === "ENOENT" ? "does not exist" : `cannot be read (${code})`;
    throw new IprError(status.INVALID_ARGUMENT, "BAD_CONFIG", `registry file ${file} ${problem}`, {
      metadata: { file },
      cause,
    });
  }
  return parseRegistry(text, file);
}
