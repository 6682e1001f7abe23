import { randomUUID } from "node:crypto";
import { mkdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { invalidField } from "@ipr/errors";

/** Writes a file whole or not at all: a reader never sees half of it. */
export async function writeWhole(file: string, content: string): Promise<void> {
  const fresh = `${file}.new-${randomUUID()}`;
  try {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(fresh, content);
    await rename(fresh, file);
  } finally {
    await rm(fresh, { force: true });
  }
}

/** Refuses, before any work is done, an output file whose directory does not exist: most likely its name is mistyped. */
export async function requireDirectoryOf(option: string, file: string): Promise<void> {
  const directory = dirname(file);
  const found = await stat(directory).catch(() => undefined);
  if (found?.isDirectory() !== true)
    throw invalidField(option, `cannot write ${file}: there is no directory ${directory}; make it first`);
}
