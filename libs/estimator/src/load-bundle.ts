import { open } from "node:fs/promises";
import { join } from "node:path";
import { IprError, status } from "@ipr/errors";
import type { z } from "zod";
import type { Adapter, Bundle, CandidateModel, Estimator, ToleranceTable, TopicModel } from "./bundle.ts";
import { fromFloat16Bytes } from "./float16.ts";
import {
  bundleFormatVersion,
  bundleId,
  candidateSchema,
  type Manifest,
  manifestDigest,
  manifestSchema,
  maxFolds,
  renderJson,
  sha256Hex,
  toleranceTableSchema,
} from "./manifest.ts";
import { fromDigestBytes, type PromptDigests } from "./trained-on.ts";
import { trunkRows } from "./trunk.ts";

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

  const floatsOf = (path: string, length: number): Float32Array => {
    const content = fileOf(path);
    if (content.length !== length * 2)
      throw badBundle(dir, path, `has ${content.length} bytes, expected ${length * 2}`);
    return fromFloat16Bytes(content);
  };

  const trunk = readTrunk(dir, manifest, { fileOf, floatsOf });
  const topics = readTopics(manifest, trunk, floatsOf);
  const candidates = manifest.candidates.map(({ name, file, weights }) => {
    const described = parse(file, candidateSchema);
    if (described.name !== name) throw badBundle(dir, file, `is for ${described.name}, expected ${name}`);
    if ((described.adapter === undefined) !== (weights === undefined))
      throw badBundle(dir, file, "and the manifest disagree on whether it has weights");
    if (weights === undefined || described.adapter === undefined)
      return toCandidate(described, { adapter: undefined, topicMeans: undefined });
    if ((described.adapter.kind === "neighbours") !== (trunk.kind === "memory"))
      throw badBundle(
        dir,
        file,
        `has an adapter of kind ${described.adapter.kind}, which the trunk does not fit`,
      );
    const sizes = adapterSizes(described, trunk, topics);
    const values = floatsOf(weights, sizes.total);
    return toCandidate(described, splitWeights(described.adapter.kind, sizes, values));
  });
  if (new Set(candidates.map(({ name }) => name)).size !== candidates.length) {
    throw badBundle(dir, manifestFile, "names a candidate twice");
  }
  const { toleranceTable: table } = manifest;
  return {
    manifest,
    trunk,
    topics,
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

type FloatsOf = (path: string, length: number) => Float32Array;

function readTrunk(
  dir: string,
  { trunk, encoder }: Manifest,
  { fileOf, floatsOf }: { readonly fileOf: (path: string) => Uint8Array; readonly floatsOf: FloatsOf },
): Estimator["trunk"] {
  const { dimension } = encoder;
  if (trunk.kind === "memory") {
    const foldOfRow = Uint8Array.from(fileOf(trunk.folds));
    if (foldOfRow.some((fold) => fold >= maxFolds))
      throw badBundle(dir, trunk.folds, `names a fold of ${maxFolds} or more`);
    const vectors = floatsOf(trunk.file, foldOfRow.length * dimension);
    return { kind: "memory", dimension, neighbours: trunk.neighbours, vectors, foldOfRow };
  }
  const { file, activation, folds, hidden, surface } = trunk;
  const weights = floatsOf(file, trunkRows(dimension) * folds * hidden);
  return { kind: "layer", activation, folds, hidden, dimension, surface, weights };
}

function readTopics(
  { topics }: Manifest,
  trunk: Estimator["trunk"],
  floatsOf: FloatsOf,
): TopicModel | undefined {
  if (topics === undefined || trunk.kind !== "layer") return undefined;
  const { names, weight, file } = topics;
  return { names, weight, heads: floatsOf(file, trunk.folds * names.length * (trunk.hidden + 1)) };
}

/** How many numbers each part of a candidate's weights has, in the order in which they are stored. */
interface AdapterSizes {
  readonly quality: number;
  readonly tokens: number;
  readonly shift: number;
  readonly topicMeans: number;
  readonly total: number;
  readonly folds: number;
}

function adapterSizes(
  { adapter, outputTokens }: z.infer<typeof candidateSchema>,
  trunk: Estimator["trunk"],
  topics: TopicModel | undefined,
): AdapterSizes {
  const folds = trunk.kind === "layer" ? trunk.folds : 1;
  const quality = trunk.kind === "layer" ? folds * (trunk.hidden + 1) : trunk.foldOfRow.length;
  const tokens = outputTokens?.head === true ? quality : 0;
  const shift = adapter?.kind === "identity" && trunk.kind === "layer" ? folds * trunk.hidden : 0;
  const topicMeans = adapter?.topicMeans === true ? folds * (topics?.names.length ?? 0) : 0;
  return { quality, tokens, shift, topicMeans, total: quality + tokens + shift + topicMeans, folds };
}

function splitWeights(
  kind: Adapter["kind"],
  { quality, tokens, shift, topicMeans, folds }: AdapterSizes,
  values: Float32Array,
): Pick<CandidateModel, "adapter" | "topicMeans"> {
  let from = 0;
  const take = (length: number): Float32Array => values.slice(from, (from += length));
  const heads = { quality: take(quality), tokens: tokens === 0 ? undefined : take(tokens) };
  const shifts = take(shift);
  const means = topicMeans === 0 ? undefined : take(topicMeans);
  if (kind === "neighbours") return { adapter: { kind, ...heads }, topicMeans: means };
  if (kind === "identity") return { adapter: { kind, folds, ...heads, shift: shifts }, topicMeans: means };
  return { adapter: { kind, folds, ...heads }, topicMeans: means };
}

function toPromptDigests(dir: string, file: string, content: Uint8Array): PromptDigests {
  const digests = fromDigestBytes(content);
  if (digests === undefined) throw badBundle(dir, file, "is not a sorted list of 8-byte digests");
  return digests;
}

function toCandidate(
  { name, labels, fitted, meanLogit, calibration, residual, outputTokens }: z.infer<typeof candidateSchema>,
  read: Pick<CandidateModel, "adapter" | "topicMeans">,
): CandidateModel {
  const tokens = outputTokens && {
    labels: outputTokens.labels,
    mean: outputTokens.mean,
    scale: outputTokens.scale,
  };
  return { name, labels, fitted, meanLogit, ...read, calibration, residual, outputTokens: tokens };
}

function toToleranceTable({
  formatVersion: _formatVersion,
  ...table
}: z.infer<typeof toleranceTableSchema>): ToleranceTable {
  return table;
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
