import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { IprError, status } from "@ipr/errors";
import type { z } from "zod";
import { type EncoderManifest, encoderManifestSchema } from "./encoder-manifest.ts";
import { renderJson, sha256Hex } from "./manifest.ts";

const manifestFile = "encoder.json";

/** Reads and checks `encoder.json` of an encoder's directory; its files are read with `readEncoderFile`. */
export async function readEncoderManifest(dir: string): Promise<EncoderManifest> {
  return parseEncoderJson(dir, manifestFile, await readFileOf(dir, manifestFile), encoderManifestSchema);
}

interface FileEntry {
  readonly sha256: string;
  readonly bytes: number;
}

/** Reads one file of an encoder and checks it against its digest. */
export async function readEncoderFile<File extends string>(
  dir: string,
  file: File,
  files: Readonly<Record<File, FileEntry>>,
): Promise<Uint8Array> {
  const content = await readFileOf(dir, file);
  const { sha256, bytes } = files[file];
  if (content.length !== bytes) throw badEncoder(dir, file, `has ${content.length} bytes, expected ${bytes}`);
  if (sha256Hex(content) !== sha256)
    throw badEncoder(dir, file, "is not the file that was written (sha256 differs)");
  return content;
}

/** What is written: everything of the manifest but the digests, which follow from the files. */
export type WrittenEncoder<Manifest extends { readonly files: object }> = Omit<Manifest, "files"> & {
  readonly files: Readonly<Record<keyof Manifest["files"], Uint8Array>>;
};

/** Writes an encoder's directory. The manifest comes last: without it there is no encoder. */
export async function writeEncoderFiles<Manifest extends { readonly files: object }>(
  dir: string,
  { files, ...described }: WrittenEncoder<Manifest>,
): Promise<void> {
  const contents = Object.entries<Uint8Array>(files);
  const entries = contents.map(([name, content]) => [
    name,
    { sha256: sha256Hex(content), bytes: content.length },
  ]);
  const manifest = encoderManifestSchema.parse({ ...described, files: Object.fromEntries(entries) });
  await mkdir(dir, { recursive: true });
  for (const [name, content] of contents) await writeFile(join(dir, name), content);
  await writeFile(join(dir, manifestFile), renderJson(manifest));
}

/** Reads a JSON file of an encoder's directory as what `schema` describes. */
export function parseEncoderJson<Schema extends z.ZodType>(
  dir: string,
  file: string,
  content: Uint8Array,
  schema: Schema,
): z.infer<Schema> {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(content));
  } catch (error) {
    throw badEncoder(dir, file, "is not JSON", error);
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const where = issue?.path.join(".") ?? "";
  throw badEncoder(dir, file, `is not of a kind this build reads, at "${where}": ${issue?.message}`);
}

export function badEncoder(dir: string, file: string, problem: string, cause?: unknown): IprError {
  return new IprError(status.FAILED_PRECONDITION, "BAD_BUNDLE", `encoder ${dir}: ${file} ${problem}`, {
    metadata: { bundle: dir, file },
    cause,
  });
}

async function readFileOf(dir: string, file: string): Promise<Uint8Array> {
  try {
    return await readFile(join(dir, file));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw badEncoder(dir, file, code === "ENOENT" ? "is missing" : `cannot be read (${code})`, error);
  }
}
