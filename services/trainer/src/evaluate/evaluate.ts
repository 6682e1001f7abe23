import { IprError, status } from "@ipr/errors";
import {
  type Bundle,
  createPredictor,
  type Encoder,
  hasPrompt,
  loadBundle,
  type QualityPredictor,
} from "@ipr/estimator";
import { joinData } from "../data/join-data.ts";
import type { LabelledPrompt } from "../data/labelled-prompt.ts";
import type { OnProgress } from "../progress.ts";
import { assess } from "./assess.ts";
import type { Chosen, Evaluation } from "./evaluation.ts";
import { foldsOf } from "./fold-bundle.ts";
import { predictRows, type RowPredictor } from "./predict-rows.ts";
import { readPrices, readPricesBeside } from "./read-prices.ts";
import { renderReport } from "./report/render-report.ts";
import { dominatedNotes, meansOf } from "./sample.ts";
import { selectPool } from "./select-pool.ts";
import { type EvaluatedSplit, selectRows } from "./select-rows.ts";
import { chooseReference, routerNamed, routerOfPool } from "./select-router.ts";
import { tableSettings } from "./table-settings.ts";
import { fallbackLengths, toSample } from "./to-sample.ts";
import { writeWhole } from "./write-whole.ts";

export interface EvaluateOptions {
  /** Directory of the bundle. */
  readonly bundle: string;
  /** The encoder that the bundle was trained with. */
  readonly encoder: Encoder;
  readonly data: readonly string[];
  readonly split?: EvaluatedSplit | undefined;
  /** A price file; without it the `.meta.json` beside each data file. */
  readonly prices?: string | undefined;
  /** Candidates to route between; without it all that the bundle, the data and the prices know. */
  readonly pool?: readonly string[] | undefined;
  /** A router of the registry that `prices` names: its pool and its reference are evaluated. */
  readonly router?: string | undefined;
  /** Where to write the HTML report. */
  readonly report?: string | undefined;
  readonly seed?: number | undefined;
  readonly resamples?: number | undefined;
}

const defaultSeed = 1;
const rowsPerReport = 256;
const resamplesPerReport = 25;

const notRun: readonly string[] = [
  "shuffled training labels: needs a training run",
  "random features: needs a training run",
  "each group of sources left out of training: needs a training run a group",
];

/**
 * Measures a bundle on labelled prompts: its estimates, both routing rules at their targets, and what they must be seen
 * beside. Settings are never chosen on the measured rows unless there are no others, and then the result says so.
 */
export async function evaluate(
  options: EvaluateOptions,
  onProgress: OnProgress = () => {},
): Promise<Evaluation> {
  const { encoder, data, split = "test", seed = defaultSeed } = options;
  const bundle = await loadBundle(options.bundle);
  requireSameEncoder(bundle, encoder);
  onProgress({ stage: "read data", done: 0, total: data.length });
  const prompts = await joinData(data);
  onProgress({ stage: "read data", done: data.length, total: data.length });
  const { prices, registry, notes } =
    options.prices === undefined
      ? { ...(await readPricesBeside(data)), registry: undefined }
      : { ...(await readPrices(options.prices)), notes: [] };
  const named =
    options.router === undefined ? undefined : routerNamed(options.router, { registry, pool: options.pool });
  const { candidates, leftOut } = selectPool({
    bundle: bundle.candidates.map(({ name }) => name),
    labelled: new Set(prompts.flatMap(({ scores }) => Object.keys(scores))),
    priced: new Set(prices.keys()),
    wanted: named?.candidates ?? options.pool,
  });
  const rows = selectRows(prompts, candidates, split, {
    isTrainedOn: ({ text }) => hasPrompt(bundle.trainedOn, text),
  });
  const expectedTokens = new Map(
    registry?.candidates.flatMap(({ name, expectedOutputTokens: tokens }) =>
      tokens === undefined ? [] : [[name, tokens] as const],
    ),
  );
  const lengths = fallbackLengths([...rows.others, ...rows.evaluated], candidates, expectedTokens);

  const ensemble = createPredictor(bundle);
  const foldPredictor = foldPredictorOf(bundle);
  const estimate = async (
    part: readonly LabelledPrompt[],
    predictor: RowPredictor["predictor"],
    stage: string,
  ) => {
    const estimates = await predictRows(part, candidates, { encoder, predictor }, (done) => {
      if (done % rowsPerReport === 0 || done === part.length) onProgress({ stage, done, total: part.length });
    });
    return toSample(part, candidates, estimates, { prices, fallbackTokens: lengths.fallbackTokens });
  };
  const evaluated = await estimate(rows.evaluated, ensemble, "estimate");
  const hasOthers = rows.others.length > 0;
  const chosenOn = hasOthers
    ? await estimate(rows.others, foldPredictor ?? ensemble, "estimate rows to choose on")
    : evaluated;

  const router = named ?? routerOfPool(registry, candidates);
  const chosen = chooseReference(meansOf(chosenOn), candidates, router);
  const assessment = assess({
    candidates,
    evaluated,
    chosenOn,
    reference: chosen.reference,
    chosen: chosenBy(hasOthers, foldPredictor !== undefined),
    tableSettings:
      foldPredictor === undefined
        ? (reference) => tableSettings(bundle.toleranceTable, candidates, reference)
        : undefined,
    seed,
    resamples: options.resamples,
    onResample: (done, total) => {
      if (done % resamplesPerReport === 0 || done === total) onProgress({ stage: "resample", done, total });
    },
  });
  const evaluation: Evaluation = {
    rows: rows.evaluated.length,
    candidates,
    bundle: bundle.manifest.id,
    data,
    split,
    seed,
    ...assessment,
    referenceOrigin: chosen.origin,
    excludedCandidates: leftOut,
    excludedRows: rows.excluded,
    notes: [
      ...notes,
      ...lengths.notes,
      ...chosen.notes,
      ...dominatedNotes(chosenOn, candidates),
      ...chosenNotes(assessment.rules, hasOthers),
    ],
    notRun,
  };
  if (options.report !== undefined) await writeWhole(options.report, renderReport(evaluation));
  return evaluation;
}

function foldPredictorOf(bundle: Bundle): ((text: string) => QualityPredictor) | undefined {
  const folds = foldsOf(bundle);
  if (folds === undefined) return undefined;
  const predictors = folds.estimators.map((estimator) => createPredictor(estimator));
  return (text) => predictors[folds.foldOf(text)]!;
}

function chosenBy(hasOthers: boolean, hasFolds: boolean): Chosen {
  if (!hasOthers) return "evaluated-rows";
  return hasFolds ? "out-of-fold" : "in-sample";
}

function requireSameEncoder({ manifest }: Bundle, encoder: Encoder): void {
  if (manifest.encoder.id === encoder.id) return;
  throw new IprError(
    status.FAILED_PRECONDITION,
    "WRONG_ENCODER",
    `bundle ${manifest.id} was trained with the encoder ${manifest.encoder.id}, not with ${encoder.id}`,
    { metadata: { expected: manifest.encoder.id, actual: encoder.id } },
  );
}

function chosenNotes(rules: Evaluation["rules"], hasOthers: boolean): readonly string[] {
  const isAny = (chosen: Chosen) => rules.gate.chosen === chosen || rules.utility.chosen === chosen;
  const notes: string[] = [];
  if (isAny("in-sample")) {
    notes.push(
      "settings marked in-sample were chosen on rows the bundle may have been trained on: expect to fall short of a target by a few points",
    );
  }
  if (!hasOthers) {
    notes.push(
      "there are no rows outside the measured split: means, reference and frontier come from the measured rows",
    );
  }
  return notes;
}
