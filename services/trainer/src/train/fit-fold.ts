import { crossEntropy } from "@ipr/estimator";
import {
  type NetworkShape,
  openTrainingSession,
  type ParameterName,
  parameterNames,
  parametersOf,
  type TrainingSession,
  type Weights,
} from "@ipr/onnx";
import { type Random, shuffledIndexes } from "@ipr/evaluation";
import { type FeatureTable, featureWidth, fillDense } from "./feature-table.ts";
import { normal, randomFor } from "./random.ts";

/** How a network is trained. The defaults are the ones measured to be best, or as good, on public data. */
export interface Hyperparameters {
  readonly hidden: number;
  readonly learningRate: number;
  readonly weightDecay: number;
  /** Share of hidden units switched off in a step. */
  readonly dropout: number;
  readonly batchRows: number;
  readonly maxEpochs: number;
  /** Where an epoch has more rows than this, it ends after as many, drawn anew each time: stopping is by steps then. */
  readonly maxEpochRows: number;
  /** Training stops after this many epochs without a better loss on the held-back slice. */
  readonly patience: number;
  /** Share of the training rows held back to decide when to stop. */
  readonly stopShare: number;
  /** What the error of log output tokens counts beside the cross-entropy of quality. */
  readonly tokenLossWeight: number;
  /** What recognising a prompt's topic counts beside it. */
  readonly topicLossWeight: number;
}

export const defaultHyperparameters: Hyperparameters = {
  hidden: 128,
  learningRate: 5e-4,
  weightDecay: 0.3,
  dropout: 0.6,
  batchRows: 256,
  maxEpochs: 60,
  maxEpochRows: 200_000,
  patience: 6,
  stopShare: 0.1,
  tokenLossWeight: 0.1,
  topicLossWeight: 0.3,
};

/** Everything a fold needs; plain values and shared memory, so that it can be sent to a worker. */
export interface FoldJob {
  readonly fold: number;
  readonly seed: number;
  readonly heads: NetworkShape["heads"];
  readonly hyperparameters: Hyperparameters;
  readonly candidates: number;
  readonly features: FeatureTable;
  /** Labels by row and candidate; NaN where there is none. Tokens are standardised logarithms. */
  readonly scores: Float32Array;
  readonly tokens: Float32Array;
  /** How many topics there are, at least 1, and the topic of each row. */
  readonly topics: number;
  readonly topicOfRow: Uint16Array;
  /** Rows to train on, and rows to predict afterwards, which training must not see. */
  readonly trainRows: Uint32Array;
  readonly heldOutRows: Uint32Array;
}

export interface FoldResult {
  readonly weights: Weights;
  /** Predictions for the held-out rows, in their order. */
  readonly logits: Float32Array;
  readonly tokens: Float32Array;
  readonly topicShares: Float32Array;
  readonly epochs: number;
}

/** Trains one network, stops it early, and predicts the held-out rows. Throws when `signal` says that nobody waits. */
export async function fitFold(
  job: FoldJob,
  onEpoch: (epoch: number) => void,
  signal?: AbortSignal,
): Promise<FoldResult> {
  const { fold, seed, hyperparameters, candidates, features, topics, trainRows, heldOutRows } = job;
  const { hidden, stopShare, maxEpochs, patience } = hyperparameters;
  const shape = { features: featureWidth(features), hidden, candidates, topics, heads: job.heads };
  const order = shuffledIndexes(trainRows.length, randomFor(seed, "stop", fold)).map((i) => trainRows[i]!);
  const stopCount = Math.ceil(order.length * stopShare);
  const stopRows = order.subarray(0, stopCount);
  const fitRows = order.subarray(stopCount);

  const initial = initialWeights(job, shape, randomFor(seed, "weights", fold));
  await using session = await openTrainingSession(shape, initial);
  const streams = { order: randomFor(seed, "order", fold), dropout: randomFor(seed, "dropout", fold) };
  let best = { loss: Number.POSITIVE_INFINITY, epoch: 0, weights: session.weights() };
  for (let epoch = 1; epoch <= maxEpochs && epoch - best.epoch <= patience; epoch++) {
    await runEpoch(session, job, shape, fitRows, { ...streams, signal });
    const loss = await meanLoss(session, job, stopRows);
    if (loss < best.loss) best = { loss, epoch, weights: session.weights() };
    onEpoch(epoch);
  }

  await using trained = await openTrainingSession(shape, best.weights);
  const predicted = await predict(trained, job, heldOutRows);
  return { weights: best.weights, ...predicted, epochs: best.epoch };
}

async function runEpoch(
  session: TrainingSession,
  job: FoldJob,
  shape: NetworkShape,
  rows: Uint32Array,
  {
    order,
    dropout: dropoutRandom,
    signal,
  }: { readonly order: Random; readonly dropout: Random; readonly signal: AbortSignal | undefined },
): Promise<void> {
  const { batchRows, dropout, learningRate, weightDecay, tokenLossWeight, topicLossWeight } =
    job.hyperparameters;
  const { maxEpochRows } = job.hyperparameters;
  const drawn = shuffledIndexes(rows.length, order).subarray(0, maxEpochRows);
  const shuffled = drawn.map((i) => rows[i]!);
  const x = new Float32Array(batchRows * shape.features);
  for (let from = 0; from < shuffled.length; from += batchRows) {
    const batch = shuffled.subarray(from, from + batchRows);
    signal?.throwIfAborted();
    fillDense(job.features, batch, x);
    const quality = labelsOf(job.scores, batch, shape.candidates, 1);
    const tokens = labelsOf(job.tokens, batch, shape.candidates, tokenLossWeight);
    await session.step(
      {
        rows: batch.length,
        x: x.subarray(0, batch.length * shape.features),
        dropout: dropoutMask(batch.length * shape.hidden, dropout, dropoutRandom),
        target: quality.target,
        weight: quality.weight,
        tokenTarget: tokens.target,
        tokenWeight: tokens.weight,
        topicTarget: topicTarget(job, batch),
        topicWeight: new Float32Array(batch.length).fill(topicLossWeight / batch.length),
      },
      { learningRate, weightDecay },
    );
  }
}

/** One topic a row. */
function topicTarget({ topics, topicOfRow }: FoldJob, rows: Uint32Array): Float32Array {
  const target = new Float32Array(rows.length * topics);
  for (let i = 0; i < rows.length; i++) target[i * topics + topicOfRow[rows[i]!]!] = 1;
  return target;
}

/** Labels of some rows, missing ones with weight zero; the weights sum to `total`, or to zero where no row has a label. */
function labelsOf(
  labels: Float32Array,
  rows: Uint32Array,
  candidates: number,
  total: number,
): { readonly target: Float32Array; readonly weight: Float32Array } {
  const target = new Float32Array(rows.length * candidates);
  const weight = new Float32Array(rows.length * candidates);
  let sum = 0;
  for (let i = 0; i < rows.length; i++) {
    const from = rows[i]! * candidates;
    let known = 0;
    for (let c = 0; c < candidates; c++) if (!Number.isNaN(labels[from + c]!)) known++;
    const each = rowWeight(known);
    for (let c = 0; c < candidates; c++) {
      const label = labels[from + c]!;
      if (Number.isNaN(label)) continue;
      target[i * candidates + c] = label;
      weight[i * candidates + c] = each;
      sum += each;
    }
  }
  if (sum > 0) for (let i = 0; i < weight.length; i++) weight[i]! *= total / sum;
  return { target, weight };
}

/**
 * What each of a row's labels counts. Between counting every label alike, which lets a data set with 29 candidates
 * drown one with two, and counting every row alike, which does the reverse.
 */
function rowWeight(labels: number): number {
  return 1 / Math.sqrt(labels);
}

/** Mean cross-entropy of the quality heads on some rows, as training weighs them. */
async function meanLoss(session: TrainingSession, job: FoldJob, rows: Uint32Array): Promise<number> {
  const { logits } = await predict(session, job, rows);
  const { target, weight } = labelsOf(job.scores, rows, job.candidates, 1);
  let loss = 0;
  for (let i = 0; i < logits.length; i++) {
    if (weight[i] === 0) continue;
    loss += weight[i]! * crossEntropy(logits[i]!, target[i]!);
  }
  return loss;
}

async function predict(
  session: TrainingSession,
  { features, candidates, topics, hyperparameters }: FoldJob,
  rows: Uint32Array,
): Promise<Pick<FoldResult, "logits" | "tokens" | "topicShares">> {
  const { batchRows } = hyperparameters;
  const width = featureWidth(features);
  const x = new Float32Array(batchRows * width);
  const logits = new Float32Array(rows.length * candidates);
  const tokens = new Float32Array(rows.length * candidates);
  const topicShares = new Float32Array(rows.length * topics);
  for (let from = 0; from < rows.length; from += batchRows) {
    const batch = rows.subarray(from, from + batchRows);
    fillDense(features, batch, x);
    const predicted = await session.forward(x.subarray(0, batch.length * width), batch.length);
    logits.set(predicted.logits, from * candidates);
    tokens.set(predicted.logTokens, from * candidates);
    topicShares.set(predicted.topicShares, from * topics);
  }
  return { logits, tokens, topicShares };
}

function dropoutMask(length: number, share: number, random: Random): Float32Array {
  const kept = 1 / (1 - share);
  return Float32Array.from({ length }, () => (random() < share ? 0 : kept));
}

/** Small enough that a rare n-gram, which training hardly moves, adds little noise. */
const trunkDeviation = 0.02;
const headDeviation = 0.05;
/** A candidate starts as far from the others in the hidden layer as prompts lie apart there. */
const identityDeviation = 0.02;

/** Random weights; a quality head starts at the log-odds of its candidate's mean. */
function initialWeights({ scores, trainRows }: FoldJob, shape: NetworkShape, random: Random): Weights {
  const { candidates } = shape;
  const zeros = (length: number): Float32Array => new Float32Array(length);
  const drawn = (length: number, deviation: number): Float32Array =>
    Float32Array.from({ length }, () => deviation * normal(random));
  const qualityBias = Float32Array.from({ length: candidates }, (_, c) => {
    let sum = 0.5;
    let count = 1;
    for (const row of trainRows) {
      const score = scores[row * candidates + c]!;
      if (Number.isNaN(score)) continue;
      sum += score;
      count++;
    }
    return Math.log(sum / count / (1 - sum / count));
  });
  const start: Record<ParameterName, (length: number) => Float32Array> = {
    trunk: (length) => drawn(length, trunkDeviation),
    trunkBias: zeros,
    identities: (length) => drawn(length, 1),
    identityTrunk: (length) => drawn(length, identityDeviation),
    quality: (length) => drawn(length, headDeviation),
    // A head that all candidates share starts at the mean of their means.
    qualityBias: (length) => (length === candidates ? qualityBias : Float32Array.of(meanOf(qualityBias))),
    tokens: (length) => drawn(length, headDeviation),
    tokensBias: zeros,
    topics: (length) => drawn(length, headDeviation),
    topicsBias: zeros,
  };
  const dimensions = parametersOf(shape);
  const lengthOf = (name: ParameterName): number =>
    dimensions.get(name)?.reduce((product, size) => product * size, 1) ?? 0;
  return Object.fromEntries(parameterNames.map((name) => [name, start[name](lengthOf(name))])) as Weights;
}

function meanOf(values: Float32Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
