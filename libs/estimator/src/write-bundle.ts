import { randomUUID } from "node:crypto";
import { mkdir, readdir, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { IprError, status } from "@ipr/errors";
import type { Bundle, CandidateModel, Estimator, ToleranceTable } from "./bundle.ts";
import { featuresVersion } from "./features.ts";
import { toFloat16Bytes } from "./float16.ts";
import { loadBundle } from "./load-bundle.ts";
import {
  bundleFormatVersion,
  bundleId,
  type Manifest,
  type ManifestContent,
  manifestDigest,
  renderJson,
  sha256Hex,
} from "./manifest.ts";
import { type PromptDigests, toDigestBytes } from "./trained-on.ts";

/** What a bundle is made of, before it has files and an id. */
export interface BundleContent
  extends Estimator, Pick<ManifestContent, "createdAt" | "data" | "metrics" | "training"> {
  /** The id of the encoder; its dimension is the trunk's. */
  readonly encoder: string;
  /** The table, or why there is none. */
  readonly toleranceTable: ToleranceTable | string;
  readonly trainedOn: PromptDigests;
}

const trunkFile = "trunk.f16";
const foldsFile = "folds.u8";
const topicsFile = "topics.f16";
const toleranceFile = "tolerance.json";
const trainedOnFile = "trained-on.bin";

/**
 * Writes a bundle and reads it back: what is returned is what a server will load, weights rounded as they are stored.
 * The directory appears whole or not at all; an older bundle there is replaced.
 */
export async function writeBundle(dir: string, content: BundleContent): Promise<Bundle> {
  await refuseForeignDirectory(dir);
  const { manifest, files } = renderBundle(content);
  const fresh = `${dir}.new-${randomUUID()}`;
  try {
    for (const [path, bytes] of files) {
      await mkdir(dirname(join(fresh, path)), { recursive: true });
      await writeFile(join(fresh, path), bytes);
    }
    await writeFile(join(fresh, "manifest.json"), renderJson(manifest));
    await replaceDirectory(fresh, dir);
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
  return loadBundle(dir);
}

/** The files of a bundle and its manifest; equal content gives equal bytes. */
function renderBundle(content: BundleContent): {
  manifest: Manifest;
  files: Map<string, Uint8Array | string>;
} {
  const { trunk, topics, toleranceTable } = content;
  const files = new Map<string, Uint8Array | string>();
  const describedTrunk = addTrunkFiles(files, trunk);
  if (topics !== undefined) files.set(topicsFile, toFloat16Bytes(topics.heads));
  const candidates = content.candidates.map((candidate) => {
    const { file, weights } = addCandidateFiles(files, candidate);
    return { name: candidate.name, file, ...(weights === undefined ? {} : { weights }) };
  });
  if (typeof toleranceTable !== "string") {
    files.set(toleranceFile, renderJson({ formatVersion: 1, ...toleranceTable }));
  }
  files.set(trainedOnFile, toDigestBytes(content.trainedOn));

  const described: ManifestContent = {
    formatVersion: bundleFormatVersion,
    createdAt: content.createdAt,
    encoder: { id: content.encoder, dimension: trunk.dimension },
    trunk: describedTrunk,
    ...(topics && { topics: { file: topicsFile, names: [...topics.names], weight: topics.weight } }),
    candidates,
    toleranceTable: typeof toleranceTable === "string" ? { absent: toleranceTable } : { file: toleranceFile },
    trainedOn: { file: trainedOnFile },
    data: content.data,
    metrics: content.metrics,
    training: content.training,
    files: Object.fromEntries([...files].map(([path, bytes]) => [path, describeFile(bytes)])),
  };
  const named = { id: bundleId(described), ...described };
  return { manifest: { ...named, digest: manifestDigest(named) }, files };
}

function addTrunkFiles(
  files: Map<string, Uint8Array | string>,
  trunk: Estimator["trunk"],
): ManifestContent["trunk"] {
  if (trunk.kind === "memory") {
    files.set(trunkFile, toFloat16Bytes(trunk.vectors));
    files.set(foldsFile, trunk.foldOfRow);
    return { kind: "memory", file: trunkFile, folds: foldsFile, neighbours: trunk.neighbours };
  }
  files.set(trunkFile, toFloat16Bytes(trunk.weights));
  return {
    kind: "layer",
    file: trunkFile,
    features: featuresVersion,
    activation: trunk.activation,
    folds: trunk.folds,
    hidden: trunk.hidden,
    surface: { mean: [...trunk.surface.mean], scale: [...trunk.surface.scale] },
  };
}

/** A candidate has its own two files, so that adding one leaves all others as they are. */
function addCandidateFiles(
  files: Map<string, Uint8Array | string>,
  { adapter, topicMeans, outputTokens, ...known }: CandidateModel,
): { file: string; weights: string | undefined } {
  const { name, labels, fitted, meanLogit, calibration, residual } = known;
  const stem = `candidates/${fileStem(name)}`;
  const file = `${stem}.json`;
  // A head for answer lengths is only of use beside what is known of them.
  const tokenHead = outputTokens && adapter?.tokens;
  const tokens = outputTokens && { ...outputTokens, head: tokenHead !== undefined };
  const described = adapter && { kind: adapter.kind, topicMeans: topicMeans !== undefined };
  files.set(
    file,
    renderJson({
      formatVersion: 2,
      name,
      labels,
      fitted,
      adapter: described,
      meanLogit,
      calibration,
      residual,
      outputTokens: tokens,
    }),
  );
  if (adapter === undefined) return { file, weights: undefined };
  const weights = `${stem}.f16`;
  const shift = adapter.kind === "identity" ? adapter.shift : [];
  const values = [...adapter.quality, ...(tokenHead ?? []), ...shift, ...(topicMeans ?? [])];
  files.set(weights, toFloat16Bytes(Float32Array.from(values)));
  return { file, weights };
}

/** A name that is safe on every file system; the digest keeps apart names that differ only in case or odd characters. */
function fileStem(name: string): string {
  const safe = name.replaceAll(/[^A-Za-z0-9_-]/g, "_").slice(0, 64);
  return `${safe}-${sha256Hex(name).slice(0, 8)}`;
}

function describeFile(content: Uint8Array | string): { sha256: string; bytes: number } {
  return { sha256: sha256Hex(content), bytes: Buffer.byteLength(content) };
}

async function refuseForeignDirectory(dir: string): Promise<void> {
  const entries: string[] = await readdir(dir).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw error;
  });
  if (entries.length === 0 || entries.includes("manifest.json")) return;
  throw new IprError(
    status.FAILED_PRECONDITION,
    "BAD_BUNDLE",
    `${dir} holds something that is not a bundle; name a new directory, or one with a bundle to replace`,
    { metadata: { bundle: dir, file: "manifest.json" } },
  );
}

async function replaceDirectory(fresh: string, dir: string): Promise<void> {
  await mkdir(dirname(dir), { recursive: true });
  const old = `${fresh}.old`;
  const hadOld = await rename(dir, old).then(
    () => true,
    () => false,
  );
  try {
    await rename(fresh, dir);
  } catch (error) {
    if (hadOld) await rename(old, dir);
    throw error;
  }
  await rm(old, { recursive: true, force: true });
}
