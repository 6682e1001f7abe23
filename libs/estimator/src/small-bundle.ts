import type { Adapter, CandidateModel } from "./bundle.ts";
import { identityPlatt } from "./platt.ts";
import { surfaceCount } from "./surface.ts";
import { promptDigests } from "./trained-on.ts";
import { type TrunkModel, trunkRows } from "./trunk.ts";
import type { BundleContent } from "./write-bundle.ts";

const folds = 2;
const hidden = 3;
export const smallDimension = 4;

/** For tests: a bundle of a few units with weights drawn from `random`, its last candidate predicted by its mean. */
export function smallBundle(
  random: () => number,
  names: readonly string[] = ["small", "Large/1", "few"],
): BundleContent {
  const trunk: TrunkModel = {
    kind: "layer",
    activation: "gelu",
    folds,
    hidden,
    dimension: smallDimension,
    surface: {
      mean: Array.from({ length: surfaceCount }, random),
      scale: Array.from({ length: surfaceCount }, () => 1 + random()),
    },
    weights: weights(trunkRows(smallDimension) * folds * hidden, random),
  };
  return {
    createdAt: "2026-01-02T03:04:05.000Z",
    encoder: "tiny@sha256:00",
    trunk,
    topics: undefined,
    candidates: names.map((name, i) => smallCandidate(name, random, { hasAdapter: i < names.length - 1 })),
    toleranceTable: {
      pool: [...names],
      reference: names[0]!,
      rows: 5,
      points: [{ tolerance: 0, qualityRatio: 1, saving: 0 }],
      priceWeights: [{ lambda: 0, qualityRatio: 1, saving: 0 }],
    },
    trainedOn: promptDigests(["one", "two", "three", "four"]),
    data: { files: [], rows: { train: 3, val: 1, test: 1 }, droppedRows: 0, sources: { "tiny/a": 4 } },
    metrics: {},
    training: { seed: 7, head: "mlp" },
  };
}

export function smallCandidate(
  name: string,
  random: () => number,
  { hasAdapter }: { readonly hasAdapter: boolean },
): CandidateModel {
  const adapter: Adapter = {
    kind: "linear",
    folds,
    quality: weights(folds * (hidden + 1), random),
    tokens: weights(folds * (hidden + 1), random),
  };
  return {
    name,
    labels: hasAdapter ? 1000 : 40,
    fitted: "jointly",
    meanLogit: random() - 0.5,
    adapter: hasAdapter ? adapter : undefined,
    topicMeans: undefined,
    calibration: hasAdapter ? { slope: 0.5 + random(), intercept: random() } : identityPlatt,
    residual: hasAdapter ? 0.1 : 1,
    outputTokens: { labels: 500, mean: 120, scale: 1.25 },
  };
}

function weights(length: number, random: () => number): Float32Array {
  return Float32Array.from({ length }, () => Math.f16round(random() - 0.5));
}
