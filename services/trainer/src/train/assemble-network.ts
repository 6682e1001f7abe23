import type { IdentityAdapter, LinearAdapter, TopicModel, TrunkModel } from "@ipr/estimator";
import type { NetworkShape, Weights } from "@ipr/onnx";
import type { TokenScale } from "./assemble.ts";
import { embeddingScale } from "./feature-table.ts";

/** With fewer measured lengths than this a candidate's answers are expected to have their mean length. */
export const minTokenLabels = 100;

/** The fold networks' first layers, side by side, at the precision they are stored with. */
export function assembleTrunk(
  folds: readonly Weights[],
  {
    activation,
    dimension,
    hidden,
    surface,
  }: Pick<TrunkModel, "activation" | "dimension" | "hidden" | "surface">,
): TrunkModel {
  const rows = 1 + folds[0]!.trunk.length / hidden;
  const width = folds.length * hidden;
  const weights = new Float32Array(rows * width);
  for (const [fold, { trunk, trunkBias }] of folds.entries()) {
    weights.set(rounded(trunkBias), fold * hidden);
    for (let row = 1; row < rows; row++) {
      const scale = row <= dimension ? embeddingScale : 1;
      const from = trunk.subarray((row - 1) * hidden, row * hidden).map((weight) => scale * weight);
      weights.set(rounded(from), row * width + fold * hidden);
    }
  }
  return {
    kind: "layer",
    activation,
    folds: folds.length,
    hidden,
    dimension,
    surface,
    weights,
  };
}

/** Which candidate's adapter is wanted, of how many. */
interface AdapterOptions {
  readonly heads: NetworkShape["heads"];
  readonly candidate: number;
  readonly candidates: number;
  readonly tokens: TokenScale;
}

/** The heads of one candidate in every fold, at the precision they are stored with. */
export function assembleAdapter(
  folds: readonly Weights[],
  { heads, candidate, candidates, tokens }: AdapterOptions,
): LinearAdapter | IdentityAdapter {
  const hidden = folds[0]!.trunkBias.length;
  const isShared = heads === "identity";
  const column = isShared ? { index: 0, of: 1 } : { index: candidate, of: candidates };
  const headOf = (matrix: Float32Array, scale: number): Float32Array =>
    Float32Array.from({ length: hidden }, (_, unit) => scale * matrix[unit * column.of + column.index]!);
  const quality = folds.flatMap((fold) => [...headOf(fold.quality, 1), fold.qualityBias[column.index]!]);
  // The heads learnt standardised logarithms; stored, they give the logarithm itself.
  const logTokens = folds.flatMap((fold) => [
    ...headOf(fold.tokens, tokens.deviation),
    tokens.mean + tokens.deviation * fold.tokensBias[column.index]!,
  ]);
  const parts = {
    folds: folds.length,
    quality: rounded(quality),
    tokens: tokens.count >= minTokenLabels ? rounded(logTokens) : undefined,
  };
  if (!isShared) return { kind: "linear", ...parts };
  const shift = folds.flatMap((fold) => [...shiftOf(fold, candidate, candidates)]);
  return { kind: "identity", ...parts, shift: rounded(shift) };
}

/** What a candidate's identity adds to the hidden units. */
function shiftOf({ identities, identityTrunk, trunkBias }: Weights, candidate: number, candidates: number) {
  const length = identities.length / candidates;
  return trunkBias.map((_, unit) => {
    let sum = 0;
    for (let i = 0; i < length; i++) {
      sum += identities[candidate * length + i]! * identityTrunk[i * trunkBias.length + unit]!;
    }
    return sum;
  });
}

/** The topic heads of every fold, topic by topic. */
export function assembleTopics(
  folds: readonly Weights[],
  names: readonly string[],
  weight: number,
): TopicModel {
  const heads = folds.flatMap(({ topics, topicsBias, trunkBias }) =>
    names.flatMap((_, topic) => [
      ...trunkBias.map((_unit, unit) => topics[unit * names.length + topic]!),
      topicsBias[topic]!,
    ]),
  );
  return { names, weight, heads: rounded(heads) };
}

/** A candidate's means over topics, fold by fold. */
export function assembleTopicMeans(
  folds: readonly Float32Array[],
  candidate: number,
  topics: number,
): Float32Array {
  return rounded(folds.flatMap((means) => [...means.subarray(candidate * topics, (candidate + 1) * topics)]));
}

function rounded(values: ArrayLike<number>): Float32Array {
  return Float32Array.from(values, Math.f16round);
}
