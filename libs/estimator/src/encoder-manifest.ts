import { z } from "zod";

export const encoderFormatVersion = 1;

const file = z.object({ sha256: z.string().regex(/^[0-9a-f]{64}$/), bytes: z.number().int().nonnegative() });

/** `encoder.json`: what a static encoder is, where it comes from, and the digests of its files. */
export const encoderManifestSchema = z.object({
  formatVersion: z.literal(encoderFormatVersion),
  /** `static`: the unit-length sum of one row per token. */
  kind: z.literal("static"),
  /** The encoder's name, without its digest. */
  reference: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._/-]{0,127}$/),
  dimension: z.number().int().min(1).max(8192),
  /** Rows of the table: one per token of the vocabulary. */
  rows: z.number().int().min(1).max(1_000_000),
  maxTokens: z.number().int().min(1).max(8192),
  /** A longer text is cut, head and tail kept, before it is tokenised. */
  maxCharacters: z.number().int().min(16).max(1_000_000),
  licence: z.string().min(1),
  /** The encoder it was distilled from, and where that comes from. */
  origin: z.string().min(1),
  /** The command that made it. */
  command: z.string().min(1),
  files: z.object({ "tokenizer.json": file, "table.bin": file }),
});

export type EncoderManifest = z.infer<typeof encoderManifestSchema>;
