import { cutText } from "./cut-text.ts";
import {
  badEncoder,
  parseEncoderJson,
  readEncoderFile,
  readEncoderManifest,
  writeEncoderFiles,
} from "./encoder-files.ts";
import { encoderFormatVersion, encoderId, type StaticEncoderManifest } from "./encoder-manifest.ts";
import type { Encoder } from "./encoder.ts";
import { type StaticTable, sumRows, tableFromBytes, tableToBytes } from "./static-table.ts";
import { createWordPiece, tokenizerSchema } from "./word-piece.ts";

/** Reads a static encoder from its directory and checks every file against its digest. */
export async function loadEncoder(dir: string): Promise<Encoder> {
  const manifest = await readEncoderManifest(dir);
  if (manifest.kind !== "static")
    throw badEncoder(dir, "encoder.json", `is of kind ${manifest.kind}, but a static encoder is needed here`);
  return loadStaticEncoder(dir, manifest);
}

/** Reads the files of a static encoder whose manifest was read already. */
export async function loadStaticEncoder(dir: string, manifest: StaticEncoderManifest): Promise<Encoder> {
  const tokenizerBytes = await readEncoderFile(dir, "tokenizer.json", manifest.files);
  const tableBytes = await readEncoderFile(dir, "table.bin", manifest.files);
  const tokenizer = parseEncoderJson(dir, "tokenizer.json", tokenizerBytes, tokenizerSchema);
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
    encode: async (text, { signal } = {}) => {
      signal?.throwIfAborted();
      return sumRows(table, tokenize(cutText(text, maxCharacters), maxTokens));
    },
  };
}

/** What `writeEncoder` is told; digests, sizes and the format follow. */
export interface EncoderDescription extends Pick<
  StaticEncoderManifest,
  "reference" | "maxTokens" | "maxCharacters" | "licence" | "origin" | "command"
> {
  readonly tokenizer: Uint8Array;
  readonly table: StaticTable;
}

/** Writes a static encoder and reads it back. */
export async function writeEncoder(dir: string, description: EncoderDescription): Promise<Encoder> {
  const { tokenizer, table, ...described } = description;
  await writeEncoderFiles<StaticEncoderManifest>(dir, {
    formatVersion: encoderFormatVersion,
    kind: "static",
    dimension: table.dimension,
    rows: table.scales.length,
    ...described,
    files: { "tokenizer.json": tokenizer, "table.bin": tableToBytes(table) },
  });
  return loadEncoder(dir);
}
