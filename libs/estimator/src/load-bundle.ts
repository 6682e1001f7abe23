import { open } from "node:fs/promises";
import { join } from "node:path";
import { IprError, status } from "@ipr/errors";
import type { z } from "zod";
import type { Adapter, Bundle, CandidateModel, ToleranceTable } from "./bundle.ts";
import { fromFloat16Bytes } from "./float16.ts";
import {
  bundleFormatVersion,
  bundleId,
  candidateSchema,
  type Manifest,
  manifestDigest,
  manifestSchema,
  renderJson,
  sha256Hex,
  toleranceTableSchema,
} from "./manifest.ts";
import { fromDigestBytes, type PromptDigests } from "./trained-on.ts";
import { type TrunkModel, trunkRows } from "./trunk.ts";

const manifestFile = "manifest.json";
const maxManifestBytes = 4 * 1024 * 1024;
const maxFileBytes = 256 * 1024 * 1024;

/** Reads a bundle and checks every byte of it. A file missing, changed or of an unknown format is an error naming it. */
export async function loadBundle(dir: string): Promise<Bundle> {
  const manifest = parseManifest(dir, await readLimited(dir, manifestFile, maxManifestBytes));
  const files = new Map<string, Uint8Array>();
  for (const [path, { sha256, bytes }] of Object.entries(manifest.files)) {
    const content = await readLimited(dir, path, maxFileBytes);
    if (content.length !== bytes)
      throw badBundle(dir, path, `has ${content.length} bytes, expected ${bytes}`);
    if (sha256Hex(content) !== sha256)
      throw badBundle(dir, path, "is not the file that was written (sha256 differs)");
    files.set(path, content);
  }

  const fileOf = (path: string): Uint8Array => {
    const content = files.get(path);
    if (content === undefined) throw badBundle(dir, path, "is used but not listed in the manifest's files");
    return content;
  };
  const parse = <Schema extends z.ZodType>(path: string, schema: Schema): z.infer<Schema> =>
    checkShape(dir, path, parseJson(dir, path, fileOf(path)), schema);

  const candidates = manifest.candidates.map(({ name, file, weights }) => {
    const described = parse(file, candidateSchema);
    if (described.name !== name) throw badBundle(dir, file, `is for ${described.name}, expected ${name}`);
    const adapter =
      weights === undefined
        ? undefined
        : toAdapter(dir, weights, fileOf(weights), manifest, described.outputTokens?.head === true);
    return toCandidate(described, adapter);
  });
  if (new Set(candidates.map(({ name }) => name)).size !== candidates.length) {
    throw badBundle(dir, manifestFile, "names a candidate twice");
  }
  const { toleranceTable: table } = manifest;
  return {
    manifest,
    trunk: toTrunk(dir, fileOf(manifest.trunk.file), manifest),
    candidates,
    toleranceTable: "file" in table ? toToleranceTable(parse(table.file, toleranceTableSchema)) : undefined,
    trainedOn: toPromptDigests(dir, manifest.trainedOn.file, fileOf(manifest.trainedOn.file)),
  };
}

function parseManifest(dir: string, content: Uint8Array): Manifest {
  const value = parseJson(dir, manifestFile, content);
  const version = (value as { formatVersion?: unknown } | null)?.formatVersion;
  if (version !== bundleFormatVersion) {
    const problem = `has format version ${JSON.stringify(version)}, this build reads ${bundleFormatVersion}`;
    throw badBundle(dir, manifestFile, problem);
  }
  const manifest = checkShape(dir, manifestFile, value, manifestSchema);
  // Digests are taken of what the file says, not of what this build's schema keeps of it.
  const raw = value as Record<string, unknown>;
  const isIntact =
    renderJson(raw) === Buffer.from(content).toString() &&
    manifestDigest(raw) === manifest.digest &&
    bundleId(raw) === manifest.id;
  if (!isIntact) throw badBundle(dir, manifestFile, "is not the file that was written (digest differs)");
  return manifest;
}

function toTrunk(dir: string, content: Uint8Array, { trunk, encoder }: Manifest): TrunkModel {
  const { file, folds, hidden, surface } = trunk;
  const expected = trunkRows(encoder.dimension) * folds * hidden * 2;
  if (content.length !== expected)
    throw badBundle(dir, file, `has ${content.length} bytes, expected ${expected}`);
  return { folds, hidden, dimension: encoder.dimension, surface, weights: fromFloat16Bytes(content) };
}

function toAdapter(
  dir: string,
  file: string,
  content: Uint8Array,
  { trunk }: Manifest,
  hasTokens: boolean,
): Adapter {
  const { folds, hidden } = trunk;
  const headLength = folds * (hidden + 1);
  const expected = headLength * 2 * (hasTokens ? 2 : 1);
  if (content.length !== expected)
    throw badBundle(dir, file, `has ${content.length} bytes, expected ${expected}`);
  const heads = fromFloat16Bytes(content);
  return {
    folds,
    quality: heads.slice(0, headLength),
    tokens: hasTokens ? heads.slice(headLength) : undefined,
  };
}

function toPromptDigests(dir: string, file: string, content: Uint8Array): PromptDigests {
  const digests = fromDigestBytes(content);
  if (digests === undefined) throw badBundle(dir, file, "is not a sorted list of 8-byte digests");
  return digests;
}

function toCandidate(
  { name, labels, meanLogit, calibration, residual, outputTokens }: z.infer<typeof candidateSchema>,
  adapter: Adapter | undefined,
): CandidateModel {
  const tokens = outputTokens && {
    labels: outputTokens.labels,
    mean: outputTokens.mean,
    scale: outputTokens.scale,
  };
  return { name, labels, meanLogit, adapter, calibration, residual, outputTokens: tokens };
}

function toToleranceTable({
  pool,
  reference,
  rows,
  points,
}: z.infer<typeof toleranceTableSchema>): ToleranceTable {
  return { pool, reference, rows, points };
}

async function readLimited(dir: string, path: string, maxBytes: number): Promise<Uint8Array> {
  try {
    await using file = await open(join(dir, path));
    const { size } = await file.stat();
    if (size > maxBytes) throw badBundle(dir, path, `has ${size} bytes, the limit is ${maxBytes}`);
    return await file.readFile();
  } catch (error) {
    if (error instanceof IprError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    throw badBundle(dir, path, code === "ENOENT" ? "is missing" : `cannot be read (${code})`, error);
  }
}

function parseJson(dir: string, file: string, content: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(content));
  } catch (error) {
    throw badBundle(dir, file, "is not JSON", error);
  }
}

function checkShape<Schema extends z.ZodType>(
  dir: string,
  file: string,
  value: unknown,
  schema: Schema,
): z.infer<Schema> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw badBundle(dir, file, `is malformed at "${issue?.path.join(".")}": ${issue?.message}`);
}

function badBundle(dir: string, file: string, problem: string, cause?: unknown): IprError {
  return new IprError(status.FAILED_PRECONDITION, "BAD_BUNDLE", `bundle ${dir}: ${file} ${problem}`, {
    metadata: { bundle: dir, file },
    cause,
  });
}
