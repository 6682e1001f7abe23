import { type Bundle, createPredictor, type Encoder } from "@ipr/estimator";
import { columnMeans, type Matrix, seededRandom, shuffledIndexes } from "@ipr/evaluation";
import type { Registry, Router } from "@ipr/proto";
import type { LabelledPrompt } from "../data/labelled-prompt.ts";
import type { OnProgress } from "../progress.ts";
import { type Assessed, assess } from "./assess.ts";
import { minTrainingRows, runControls } from "./controls/run-controls.ts";
import { meanCosts } from "./costs.ts";
import type { Chosen, Controls, CostBelief, Evaluation, PoolEvaluation } from "./evaluation.ts";
import { foldsOf } from "./fold-bundle.ts";
import { predictRows, type RowPredictor } from "./predict-rows.ts";
import type { Prices } from "./read-prices.ts";
import { type PromptPredictor, promptPredictor, rememberingPredictor } from "./remembering-predictor.ts";
import { dominatedNotes, meansOf, rowsOfSample, type Sample } from "./sample.ts";
import { selectPool } from "./select-pool.ts";
import { type EvaluatedSplit, type SelectedRows, selectRows } from "./select-rows.ts";
import { chooseReference, routerOfPool } from "./select-router.ts";
import { tableSettings } from "./table-settings.ts";
import { fallbackLengths, scoreMatrix, toSample } from "./to-sample.ts";

/** What all pools of an evaluation share. */
export interface EvaluatedWorld {
  readonly bundle: Bundle;
  readonly predictors: Predictors;
  readonly encoder: Encoder;
  readonly prompts: readonly LabelledPrompt[];
  readonly isTrainedOn: (prompt: LabelledPrompt) => boolean;
  readonly prices: Prices;
  readonly arePricesNamed: boolean;
  readonly registry: Registry | undefined;
  readonly split: EvaluatedSplit;
  readonly costs: CostBelief;
  readonly seed: number;
  readonly resamples: number | undefined;
}

/** What estimates prompts that are measured, and what those that settings are chosen on, where they can be told apart. */
export interface Predictors {
  readonly ensemble: PromptPredictor;
  /** Undefined where a candidate, or the bundle, has no folds. */
  readonly outOfFold: (pool: readonly string[]) => PromptPredictor | undefined;
}

/** Predictors that read each prompt once for all pools. */
export function createPredictors(bundle: Bundle, candidates: readonly string[]): Predictors {
  const remember = (predictor: PromptPredictor) => rememberingPredictor(predictor, candidates);
  const folds = foldPredictorOf(bundle, candidates);
  const joint = folds && remember(folds);
  return {
    ensemble: remember(promptPredictor(createPredictor(bundle))),
    outOfFold: (pool) => joint ?? foldPredictorOf(bundle, pool),
  };
}

export interface PoolChoice {
  readonly wanted: readonly string[] | undefined;
  readonly router: Router | undefined;
  readonly hasControls: boolean;
}

export interface EvaluatedPool {
  readonly evaluation: PoolEvaluation;
  readonly controls?: Controls;
  readonly notRun: readonly string[];
  /** Candidates that a pool may have. */
  readonly evaluable: ReadonlySet<string>;
}

const rowsPerReport = 256;
const resamplesPerReport = 25;
/** Settings, means and frontier hardly move with more prompts than this; a part is drawn. */
const maxChoosingRows = 20_000;

const retrainControls =
  "the same controls with the bundle's own head, which needs a training run each: ipr bench quality";

/** Measures the bundle on one pool of candidates. */
export async function evaluatePool(
  world: EvaluatedWorld,
  { wanted, router, hasControls }: PoolChoice,
  onProgress: OnProgress,
): Promise<EvaluatedPool> {
  const { bundle, prompts, prices, registry, seed } = world;
  const labelled = new Set(prompts.flatMap(({ scores }) => Object.keys(scores)));
  const priced = new Set(prices.keys());
  const known = bundle.candidates.map(({ name }) => name);
  const pool = selectPool({ bundle: known, labelled, priced, arePricesNamed: world.arePricesNamed, wanted });
  const { candidates } = pool;
  const rows = selectRows(prompts, candidates, world.split, world);
  const notRouted = pool.notRouted ?? rows.tooFew;
  const others = drawn(rows.others, seed);
  const lengths = fallbackLengths([...others, ...rows.measured], candidates, expectedTokens(registry));
  const fallbackTokens = lengths.fallbackTokens;
  const estimate = async (
    part: readonly LabelledPrompt[],
    predictor: RowPredictor["predictor"],
    stage: string,
  ) => {
    const onRow = (done: number) => {
      if (done % rowsPerReport === 0 || done === part.length) onProgress({ stage, done, total: part.length });
    };
    const estimates = await predictRows(part, candidates, { encoder: world.encoder, predictor }, onRow);
    return toSample(part, candidates, estimates, { prices, fallbackTokens });
  };
  const measured = await estimate(rows.measured, world.predictors.ensemble, "estimate");
  const foldPredictor = world.predictors.outOfFold(candidates);
  const routed = rowsOfSample(measured, rows.routed);
  const hasOthers = others.length > 0;
  const chosenOn =
    notRouted === undefined && hasOthers
      ? await estimate(others, foldPredictor ?? world.predictors.ensemble, "estimate rows to choose on")
      : routed;

  const believes = believing(world.costs, chosenOn.costsUsd);
  const reference = chooseReference(
    meansOf(chosenOn),
    candidates,
    router ?? routerOfPool(registry, candidates),
  );
  const routing: Assessed["routing"] = {
    rows: rows.routed,
    chosenOn: believes(chosenOn),
    chosen: chosenBy(hasOthers, foldPredictor !== undefined),
    reference: reference.reference,
    tableSettings:
      foldPredictor === undefined
        ? tableSettings(bundle.toleranceTable, candidates, reference.reference)
        : undefined,
  };
  const assessed: Assessed = {
    candidates,
    measured: believes(measured),
    routing: notRouted === undefined ? routing : undefined,
    labelMeans: columnMeans(scoreMatrix(rows.labelledOthers, candidates)),
    seed,
    resamples: world.resamples,
    onResample: (done, total) => {
      if (done % resamplesPerReport === 0 || done === total) onProgress({ stage: "resample", done, total });
    },
  };
  const assessment = await assess({ ...assessed, notRouted });
  const controls = hasControls
    ? await controlsOf(world, rows, others, { candidates, assessed, notRouted }, onProgress)
    : { notRun: [] };
  const evaluation: PoolEvaluation = {
    rows: rows.measured.length,
    routedRows: rows.routed.length,
    candidates,
    ...assessment,
    costs: world.costs,
    ...(notRouted === undefined ? {} : { routingNotMeasured: notRouted }),
    chosenOn: hasOthers
      ? { rows: others.length, of: rows.others.length }
      : { rows: rows.routed.length, of: rows.routed.length },
    referenceOrigin: notRouted === undefined ? reference.origin : "",
    excludedCandidates: pool.leftOut,
    excludedRows: rows.excluded,
    notes: [
      ...lengths.notes,
      ...(notRouted === undefined
        ? [
            ...reference.notes,
            ...dominatedNotes(chosenOn, candidates),
            ...chosenNotes(assessment.rules, hasOthers),
          ]
        : []),
    ],
  };
  return {
    evaluation,
    ...controls,
    evaluable: new Set(known.filter((name) => labelled.has(name) && priced.has(name))),
  };
}

function drawn(prompts: readonly LabelledPrompt[], seed: number): readonly LabelledPrompt[] {
  if (prompts.length <= maxChoosingRows) return prompts;
  const order = shuffledIndexes(prompts.length, seededRandom(seed));
  return Array.from(order.slice(0, maxChoosingRows), (row) => prompts[row]!);
}

function expectedTokens(registry: Registry | undefined): ReadonlyMap<string, number> {
  return new Map(
    registry?.candidates.flatMap(({ name, expectedOutputTokens: tokens }) =>
      tokens === undefined ? [] : [[name, tokens] as const],
    ),
  );
}

/** Puts the mean costs of the rows that settings are chosen on in the place of predicted ones, where that is wanted. */
function believing(costs: CostBelief, costsUsd: Matrix): (sample: Sample) => Sample {
  if (costs === "predicted") return (sample) => sample;
  return (sample) => ({ ...sample, expectedCostsUsd: meanCosts(sample.scores.rows, costsUsd) });
}

async function controlsOf(
  { encoder, seed, resamples }: EvaluatedWorld,
  { measured, routed, others }: SelectedRows,
  training: readonly LabelledPrompt[],
  {
    candidates,
    assessed,
    notRouted,
  }: {
    readonly candidates: readonly string[];
    readonly assessed: Assessed;
    readonly notRouted: string | undefined;
  },
  onProgress: OnProgress,
): Promise<{ readonly controls?: Controls; readonly notRun: readonly string[] }> {
  const { routing } = assessed;
  if (routing === undefined) return { notRun: [`controls: ${notRouted}`] };
  if (training.length < minTrainingRows) {
    const reason = `${training.length} rows of train and val have a label of every candidate, but a stand-in needs ${minTrainingRows}`;
    return { notRun: [`controls: ${reason}`] };
  }
  const controls = await runControls(
    {
      candidates,
      training,
      trainingRowsOf: others.length,
      measured: routed.map((row) => measured[row]!),
      sample: rowsOfSample(assessed.measured, routed),
      means: { ...meansOf(routing.chosenOn), reference: candidates.indexOf(routing.reference) },
      encoder,
      seed,
      resamples,
    },
    onProgress,
  );
  return { controls, notRun: [retrainControls] };
}

/** Only the candidates of the pool decide whether folds can be told apart: others may have been added later. */
function foldPredictorOf(bundle: Bundle, candidates: readonly string[]): PromptPredictor | undefined {
  const wanted = new Set(candidates);
  const folds = foldsOf({ ...bundle, candidates: bundle.candidates.filter(({ name }) => wanted.has(name)) });
  if (folds === undefined) return undefined;
  const predictors = folds.estimators.map((estimator) => createPredictor(estimator));
  return promptPredictor((text) => predictors[folds.foldOf(text)]!);
}

function chosenBy(hasOthers: boolean, hasFolds: boolean): Chosen {
  if (!hasOthers) return "evaluated-rows";
  return hasFolds ? "out-of-fold" : "in-sample";
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
