import { createHash } from "node:crypto";
import { z } from "zod";
import { featuresVersion } from "./features.ts";
import { surfaceCount } from "./surface.ts";

export const bundleFormatVersion = 2;
export const maxCandidates = 1024;
export const maxFolds = 32;
export const maxHidden = 1024;
export const maxDimension = 8192;
export const maxTopics = 256;
export const maxNeighbours = 1024;

const sha256 = z.string().regex(/^[0-9a-f]{64}$/, "must be a sha256 in hex");
// Plain names below the bundle's directory: nothing that could lead out of it.
const filePath = z.string().regex(/^(?:[A-Za-z0-9_-][A-Za-z0-9._-]*\/)?[A-Za-z0-9_-][A-Za-z0-9._-]*$/);
const count = z.number().int().nonnegative();
const surfaceRow = z.array(z.number()).length(surfaceCount);

const layerTrunk = z.object({
  kind: z.literal("layer"),
  file: filePath,
  features: z.literal(featuresVersion),
  activation: z.enum(["gelu", "none"]),
  folds: count.min(1).max(maxFolds),
  hidden: count.min(1).max(maxHidden),
  surface: z.object({ mean: surfaceRow, scale: surfaceRow }),
});

const memoryTrunk = z.object({
  kind: z.literal("memory"),
  file: filePath,
  /** The file with the fold of each row, one byte a row. */
  folds: filePath,
  neighbours: count.min(1).max(maxNeighbours),
});

const predictionMetrics = z.object({
  /** Share of the scores' variance about each candidate's training mean that the estimates explain. */
  r2: z.number(),
  /** Area under the ROC curve for "score > 0.5", mean over candidates that have both kinds. */
  auc: z.number(),
  /** Mean absolute error. */
  mae: z.number(),
  /** Scores it was measured on. */
  labels: count,
});

export const manifestSchema = z.object({
  formatVersion: z.literal(bundleFormatVersion),
  /** Follows from the content, creation time left out: equal training gives an equal id. */
  id: z.string().min(1).max(128),
  createdAt: z.iso.datetime(),
  encoder: z.object({
    id: z.string().min(1).max(256),
    dimension: count.min(1).max(maxDimension),
  }),
  trunk: z.discriminatedUnion("kind", [layerTrunk, memoryTrunk]),
  /** The topic mix, where there is one. */
  topics: z
    .object({
      file: filePath,
      names: z.array(z.string().min(1)).min(1).max(maxTopics),
      weight: z.number().min(0).max(1),
    })
    .optional(),
  candidates: z
    .array(z.object({ name: z.string().min(1).max(128), file: filePath, weights: filePath.optional() }))
    .min(1)
    .max(maxCandidates),
  /** The file of the tolerance table, or why there is none. */
  toleranceTable: z.union([z.object({ file: filePath }), z.object({ absent: z.string() })]),
  /** The file with the digests of the prompts of train and val. */
  trainedOn: z.object({ file: filePath }),
  data: z.object({
    files: z.array(z.object({ name: z.string(), sha256 })),
    rows: z.object({ train: count, val: count, test: count }),
    /** Rows of train and val left out because a test row has the same prompt. */
    droppedRows: count,
    sources: z.record(z.string(), count),
  }),
  metrics: z.object({
    test: predictionMetrics.optional(),
    /** The same by the first part of the rows' source. */
    testBySource: z.record(z.string(), predictionMetrics).optional(),
  }),
  training: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
  files: z.record(filePath, z.object({ sha256, bytes: count })),
  /** sha256 of the manifest without this field: what a signature signs. */
  digest: sha256,
});

/** A bundle's table of contents. */
export type Manifest = z.infer<typeof manifestSchema>;
export type ManifestContent = Omit<Manifest, "id" | "digest">;
export type PredictionMetrics = z.infer<typeof predictionMetrics>;

export const candidateSchema = z.object({
  formatVersion: z.literal(2),
  name: z.string().min(1),
  labels: count,
  fitted: z.enum(["jointly", "added"]),
  /** What its weights are: of which kind, and whether the topic means follow them. */
  adapter: z
    .object({ kind: z.enum(["linear", "identity", "neighbours"]), topicMeans: z.boolean() })
    .optional(),
  meanLogit: z.number(),
  calibration: z.object({ slope: z.number().positive(), intercept: z.number() }),
  residual: z.number().nonnegative(),
  outputTokens: z
    .object({
      labels: count,
      mean: z.number().nonnegative(),
      scale: z.number().positive(),
      head: z.boolean(),
    })
    .optional(),
});

const routingPoint = { qualityRatio: z.number(), saving: z.number() };

export const toleranceTableSchema = z.object({
  formatVersion: z.literal(1),
  pool: z.array(z.string()).min(1),
  reference: z.string(),
  rows: count,
  points: z.array(z.object({ tolerance: z.number().min(0).max(1), ...routingPoint })),
  priceWeights: z.array(z.object({ lambda: z.number().nonnegative(), ...routingPoint })),
});

/** The one way a manifest is written: a byte that differs is a change. */
export function renderJson(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

/** The id of a bundle with this content. */
export function bundleId(content: Record<string, unknown>): string {
  const { createdAt: _createdAt, id: _id, digest: _digest, ...rest } = content;
  return `bundle-${sha256Hex(renderJson(rest)).slice(0, 16)}`;
}

export function manifestDigest(manifest: Record<string, unknown>): string {
  const { digest: _digest, ...rest } = manifest;
  return sha256Hex(renderJson(rest));
}

export function sha256Hex(data: string | Uint8Array): string {
  return createHash("sha256").update(data).digest("hex");
}
