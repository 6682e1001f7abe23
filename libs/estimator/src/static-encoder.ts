import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { IprError, status } from "@ipr/errors";
import type { z } from "zod";
import { cutText } from "./cut-text.ts";
import { encoderFormatVersion, type EncoderManifest, encoderManifestSchema } from "./encoder-manifest.ts";
import type { Encoder } from "./encoder.ts";
import { renderJson, sha256Hex } from "./manifest.ts";
import { type StaticTable, sumRows, tableFromBytes, tableToBytes } from "./static-table.ts";
import { createWordPiece, tokenizerSchema } from "./word-piece.ts";

const manifestFile = "encoder.json";

/** Reads a static encoder from its directory and checks every file against its digest. */
export async function loadEncoder(dir: string): Promise<Encoder> {
  const manifest = checkShape(
    dir,
    manifestFile,
    await readEncoderFile(dir, manifestFile),
    encoderManifestSchema,
  );
  const tokenizerBytes = await readChecked(dir, "tokenizer.json", manifest);
  const tableBytes = await readChecked(dir, "table.bin", manifest);
  const tokenizer = checkShape(dir, "tokenizer.json", tokenizerBytes, tokenizerSchema);
  const table = tableFromBytes(tableBytes, manifest.dimension);
  const largestId = Object.values(tokenizer.model.vocab).reduce((largest, id) => Math.max(largest, id), 0);
  if (table.scales.length !== manifest.rows || largestId >= manifest.rows) {
    throw badEncoder(
      dir,
      "table.bin",
      `has ${table.scales.length} rows, the vocabulary needs ${largestId + 1}`,
    );
  }
  const { dimension, maxTokens, maxCharacters } = manifest;
  const tokenize = createWordPiece(tokenizer);
  return {
    id: encoderId(manifest),
    dimension,
    maxTokens,
    encode: (text) => Promise.resolve(sumRows(table, tokenize(cutText(text, maxCharacters), maxTokens))),
  };
}

/** What `writeEncoder` is told; digests, sizes and the format follow. */
export interface EncoderDescription extends Pick<
  EncoderManifest,
  "reference" | "maxTokens" | "maxCharacters" | "licence" | "origin" | "command"
> {
  readonly tokenizer: Uint8Array;
  readonly table: StaticTable;
}

/** Writes a static encoder and reads it back. The manifest comes last: without it there is no encoder. */
export async function writeEncoder(dir: string, description: EncoderDescription): Promise<Encoder> {
  const { tokenizer, table, ...described } = description;
  const files = { "tokenizer.json": tokenizer, "table.bin": tableToBytes(table) };
  const manifest: EncoderManifest = {
    formatVersion: encoderFormatVersion,
    kind: "static",
    dimension: table.dimension,
    rows: table.scales.length,
    ...described,
    files: {
      "tokenizer.json": describeFile(files["tokenizer.json"]),
      "table.bin": describeFile(files["table.bin"]),
    },
  };
  await mkdir(dir, { recursive: true });
  for (const [name, content] of Object.entries(files)) await writeFile(join(dir, name), content);
  await writeFile(join(dir, manifestFile), renderJson(manifest));
  return loadEncoder(dir);
}

function encoderId({ reference, files }: EncoderManifest): string {
  return `${reference}@sha256:${files["table.bin"].sha256}`;
}

function describeFile(content: Uint8Array): { sha256: string; bytes: number } {
  return { sha256: sha256Hex(content), bytes: content.length };
}

async function readChecked(
  dir: string,
  file: keyof EncoderManifest["files"],
  { files }: EncoderManifest,
): Promise<Uint8Array> {
  const content = await readEncoderFile(dir, file);
  const { sha256, bytes } = files[file];
  if (content.length !== bytes) throw badEncoder(dir, file, `has ${content.length} bytes, expected ${bytes}`);
  if (sha256Hex(content) !== sha256)
    throw badEncoder(dir, file, "is not the file that was written (sha256 differs)");
  return content;
}

async function readEncoderFile(dir: string, file: string): Promise<Uint8Array> {
  try {
    return await readFile(join(dir, file));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw badEncoder(dir, file, code === "ENOENT" ? "is missing" : `cannot be read (${code})`, error);
  }
}

function checkShape<Schema extends z.ZodType>(
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
  throw badEncoder(
    dir,
    file,
    `is not of a kind this build reads, at "${issue?.path.join(".")}": ${issue?.message}`,
  );
}

function badEncoder(dir: string, file: string, problem: string, cause?: unknown): IprError {
  return new IprError(status.FAILED_PRECONDITION, "BAD_BUNDLE", `encoder ${dir}: ${file} ${problem}`, {
    metadata: { bundle: dir, file },
    cause,
  });
}
