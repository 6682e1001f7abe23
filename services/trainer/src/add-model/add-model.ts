import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { IprError, status } from "@ipr/errors";
import {
  type Bundle,
  type CandidateModel,
  createPredictor,
  distinctDigests,
  type Encoder,
  hasPrompt,
  loadBundle,
  minAdapterLabels,
  type PredictionMetrics,
  promptDigests,
  sigmoid,
  writeBundle,
} from "@ipr/estimator";
import { createMatrix } from "@ipr/evaluation";
import { joinData } from "../data/join-data.ts";
import type { LabelledPrompt } from "../data/labelled-prompt.ts";
import { predictRows } from "../evaluate/predict-rows.ts";
import { readPrices } from "../evaluate/read-prices.ts";
import type { OnProgress } from "../progress.ts";
import { foldHash, promptKey } from "../train/rows.ts";
import { predictionMetrics } from "../train/test-metrics.ts";
import { fitCandidate } from "./fit-candidate.ts";
import { validationParts } from "./divide-rows.ts";
import { checkName, frozenBundle } from "./frozen-bundle.ts";
import { readHiddenRows } from "./hidden-rows.ts";
import { selectLabels } from "./select-labels.ts";

export interface AddModelOptions {
  /** Directory of the bundle that the candidate is added to; it stays as it is. */
  readonly bundle: string;
  readonly model: string;
  /** Labelled data files; other candidates' labels in them are not read. */
  readonly data: readonly string[];
  /** Directory of the new bundle. */
  readonly out: string;
  /** The encoder that the bundle was trained with. */
  readonly encoder: Encoder;
  /** Fits a candidate anew that the bundle has already. */
  readonly replace?: boolean | undefined;
  /** A price file, to tell whether the candidate has a price there. */
  readonly prices?: string | undefined;
  /** Draws the parts of the cross-validation. */
  readonly seed?: number | undefined;
  /** When the bundle was made; now when absent. */
  readonly createdAt?: Date | undefined;
}

export interface AddModelReport {
  /** The id of the new bundle, and of the one it was made from. */
  readonly bundle: string;
  readonly base: string;
  readonly out: string;
  readonly model: string;
  readonly labels: number;
  readonly meanQuality: number;
  /** False below `minAdapterLabels` labels: it is predicted by its mean, and no router chooses it. */
  readonly isRoutable: boolean;
  /** Mean width of the 90 % intervals, in quality, over the test rows, or over the fitted rows where there are none. */
  readonly intervalWidth: number;
  /** Whether the test rows have labels of other candidates of the bundle too, so that routing can be measured on them. */
  readonly isShared: boolean;
  /** On test rows that are new to the bundle; absent when there are none. */
  readonly test: PredictionMetrics | undefined;
  readonly notes: readonly string[];
}

const defaultSeed = 7;
/** Without test rows, the width of intervals is read from so many fitted ones. */
const maxWidthRows = 200;

/**
 * Adds a candidate to a bundle from labelled prompts. Encoder, trunk and the other candidates stay as they are, files and
 * estimates bit for bit. Equal bundle, data and seed give the same bundle.
 */
export async function addModel(
  options: AddModelOptions,
  onProgress: OnProgress = () => {},
): Promise<AddModelReport> {
  const { model, encoder } = options;
  const base = await loadBundle(options.bundle);
  if (encoder.id !== base.manifest.encoder.id) throw wrongEncoder(options.bundle, base, encoder);
  checkName(options.bundle, base, model, options.replace === true);
  const frozen = frozenBundle(options.bundle, base, model);
  onProgress({ stage: "read data", done: 0, total: options.data.length });
  const rows = selectLabels(await joinData(options.data), model, (text) => hasPrompt(base.trainedOn, text));
  onProgress({ stage: "read data", done: options.data.length, total: options.data.length });

  const { fitted } = rows;
  const texts = fitted.map(({ text }) => text);
  const hidden = await readHiddenRows(texts, { encoder, trunk: frozen.trunk }, onProgress);
  onProgress({ stage: "fit", done: 0, total: 1 });
  const seed = options.seed ?? defaultSeed;
  const candidate = fitCandidate({
    name: model,
    hidden,
    scores: fitted.map(({ scores }) => scores[model]!),
    outputTokens: fitted.map(({ outputTokens }) => outputTokens[model]),
    peers: frozen.peers,
    topics: frozen.topics,
    foldOf: (row) => frozen.foldOf(texts[row]!),
    heldOutOf: (row) => frozen.heldOutOf(texts[row]!),
    // Equal prompts are validated together.
    partOf: (row) => foldHash(promptKey(texts[row]!), seed) % validationParts,
  });
  onProgress({ stage: "fit", done: 1, total: 1 });
  const bundle = await writeAdded(options, base, candidate, texts, seed);
  const others = base.candidates.map(({ name }) => name).filter((name) => name !== model);
  const measured = await measure(bundle, candidate, rows, encoder, onProgress);
  return {
    bundle: bundle.manifest.id,
    base: base.manifest.id,
    out: options.out,
    model,
    labels: candidate.labels,
    meanQuality: sigmoid(candidate.meanLogit),
    isRoutable: candidate.labels >= minAdapterLabels,
    ...measured,
    isShared: rows.measured.some(({ scores }) => others.some((name) => scores[name] !== undefined)),
    notes: await notesOf(options, rows),
  };
}

/** The base bundle with the candidate in its place, or behind the others. */
async function writeAdded(
  { model, data, out, createdAt }: AddModelOptions,
  base: Bundle,
  candidate: CandidateModel,
  texts: readonly string[],
  seed: number,
): Promise<Bundle> {
  const { manifest, candidates, trunk, topics, trainedOn } = base;
  const isThere = candidates.some(({ name }) => name === model);
  const tableAbsent = "absent" in manifest.toleranceTable ? manifest.toleranceTable.absent : "there is none";
  // A table that has the candidate in its pool was made with the head that is replaced.
  const isStale = base.toleranceTable?.pool.includes(model) === true;
  const files = await Promise.all(data.map(describeFile));
  const known = new Set(manifest.data.files.map(({ sha256 }) => sha256));
  return writeBundle(out, {
    createdAt: (createdAt ?? new Date()).toISOString(),
    encoder: manifest.encoder.id,
    trunk,
    topics,
    candidates: isThere
      ? candidates.map((other) => (other.name === model ? candidate : other))
      : [...candidates, candidate],
    toleranceTable: isStale ? `${model} was replaced` : (base.toleranceTable ?? tableAbsent),
    trainedOn: distinctDigests(BigUint64Array.from([...trainedOn, ...promptDigests(texts)])),
    data: {
      ...manifest.data,
      files: [...manifest.data.files, ...files.filter(({ sha256 }) => !known.has(sha256))],
    },
    metrics: manifest.metrics,
    training: { ...manifest.training, [`added ${model}`]: seed },
  });
}

/** With the new bundle's own predictor, on the weights as they are stored. */
async function measure(
  bundle: Bundle,
  { name, meanLogit }: CandidateModel,
  {
    fitted,
    measured,
  }: { readonly fitted: readonly LabelledPrompt[]; readonly measured: readonly LabelledPrompt[] },
  encoder: Encoder,
  onProgress: OnProgress,
): Promise<Pick<AddModelReport, "test" | "intervalWidth">> {
  const own = bundle.candidates.filter((candidate) => candidate.name === name);
  const predictor = createPredictor({ ...bundle, candidates: own });
  let [width, count] = [0, 0];
  const watched = {
    candidates: predictor.candidates,
    predict: (request: Parameters<typeof predictor.predict>[0]) => {
      const estimates = predictor.predict(request);
      for (const { qualityLow, qualityHigh } of estimates) {
        width += qualityHigh - qualityLow;
        count++;
      }
      return estimates;
    },
  };
  const rows = measured.length > 0 ? measured : fitted.slice(0, maxWidthRows);
  const { quality } = await predictRows(rows, [name], { encoder, predictor: watched }, (done) => {
    if (done % 64 === 0 || done === rows.length) onProgress({ stage: "measure", done, total: rows.length });
  });
  const scores = createMatrix(rows.length, 1, (row) => rows[row]!.scores[name]!);
  const test = measured.length === 0 ? undefined : predictionMetrics(quality, scores, [sigmoid(meanLogit)]);
  return { test, intervalWidth: width / count };
}

async function notesOf(
  { model, prices }: AddModelOptions,
  { dropped, trainedOn }: { readonly dropped: number; readonly trainedOn: number },
): Promise<string[]> {
  const isPriced = prices === undefined || (await readPrices(prices)).prices.has(model);
  return [
    ...(dropped > 0 ? [`${dropped} rows were left out: a test row has the same prompt`] : []),
    ...(trainedOn > 0 ? [`${trainedOn} test rows were not measured: the bundle was trained on them`] : []),
    ...(isPriced ? [] : [`${model} has no price in ${prices}: no router can choose it by cost`]),
  ];
}

async function describeFile(file: string): Promise<{ readonly name: string; readonly sha256: string }> {
  const sha256 = createHash("sha256")
    .update(await readFile(file))
    .digest("hex");
  return { name: basename(file), sha256 };
}

function wrongEncoder(dir: string, { manifest }: Bundle, encoder: Encoder): IprError {
  const [expected, actual] = [manifest.encoder.id, encoder.id];
  return new IprError(
    status.FAILED_PRECONDITION,
    "WRONG_ENCODER",
    `bundle ${dir} was trained with encoder ${expected}, not with ${actual}; give its directory with --encoder`,
    { metadata: { expected, actual } },
  );
}
