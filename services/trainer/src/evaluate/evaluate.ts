import { IprError, status } from "@ipr/errors";
import { type Bundle, type Encoder, hasPrompt, loadBundle } from "@ipr/estimator";
import type { Registry } from "@ipr/proto";
import { joinData } from "../data/join-data.ts";
import type { LabelledPrompt } from "../data/labelled-prompt.ts";
import type { OnProgress } from "../progress.ts";
import { createPredictors, evaluatePool, type EvaluatedWorld } from "./evaluate-pool.ts";
import type { CostBelief, Evaluation, PoolEvaluation } from "./evaluation.ts";
import { readPrices, readPricesBeside } from "./read-prices.ts";
import { rememberingEncoder } from "./remembering-encoder.ts";
import { renderReport } from "./report/render-report.ts";
import { type EvaluatedSplit } from "./select-rows.ts";
import { routerNamed } from "./select-router.ts";
import { suggestedPools } from "./suggested-pools.ts";
import { requireDirectoryOf, writeWhole } from "./write-whole.ts";

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
  /** Further pools, each with figures and a verdict of its own. Without any pool those that the data suggest. */
  readonly morePools?: readonly (readonly string[])[] | undefined;
  /** A router of the registry that `prices` names: its pool and its reference are evaluated. */
  readonly router?: string | undefined;
  /** What the rules believe an answer costs: by predicted length (default), or the mean cost of the candidate. */
  readonly costs?: CostBelief | undefined;
  /** Where to write the HTML report. */
  readonly report?: string | undefined;
  readonly seed?: number | undefined;
  readonly resamples?: number | undefined;
  /** Whether to measure what is left without labels, without features and on unknown kinds of prompts; by default yes. */
  readonly controls?: boolean | undefined;
}

const defaultSeed = 1;

/**
 * Measures a bundle on labelled prompts: its estimates, both routing rules at their targets, and what they must be seen
 * beside. Settings are never chosen on the measured rows unless there are no others, and then the result says so.
 */
export async function evaluate(
  options: EvaluateOptions,
  onProgress: OnProgress = () => {},
): Promise<Evaluation> {
  const { data, split = "test", seed = defaultSeed } = options;
  if (options.report !== undefined) await requireDirectoryOf("report", options.report);
  const bundle = await loadBundle(options.bundle);
  requireSameEncoder(bundle, options.encoder);
  onProgress({ stage: "read data", done: 0, total: data.length });
  const prompts = await joinData(data);
  onProgress({ stage: "read data", done: data.length, total: data.length });
  const { prices, registry, notes } = await pricesOf(options);
  const router =
    options.router === undefined ? undefined : routerNamed(options.router, { registry, pool: options.pool });
  const labelled = new Set(prompts.flatMap(({ scores }) => Object.keys(scores)));
  const world: EvaluatedWorld = {
    bundle,
    predictors: createPredictors(
      bundle,
      bundle.candidates.flatMap(({ name }) => (labelled.has(name) ? [name] : [])),
    ),
    encoder: rememberingEncoder(options.encoder),
    prompts,
    isTrainedOn: rememberedAnswers((text) => hasPrompt(bundle.trainedOn, text)),
    prices,
    arePricesNamed: options.prices !== undefined,
    registry,
    split,
    costs: options.costs ?? "predicted",
    seed,
    resamples: options.resamples,
  };
  const main = await evaluatePool(
    world,
    { wanted: router?.candidates ?? options.pool, router, hasControls: options.controls ?? true },
    onProgress,
  );
  const wanted = options.morePools ?? (await poolsToSuggest(options, main));
  const pools: PoolEvaluation[] = [];
  for (const pool of wanted) {
    const own = await evaluatePool(
      world,
      { wanted: pool, router: undefined, hasControls: false },
      onProgress,
    );
    pools.push(own.evaluation);
  }
  const evaluation: Evaluation = {
    bundle: bundle.manifest.id,
    data,
    split,
    seed,
    ...main.evaluation,
    notes: [...notes, ...main.evaluation.notes],
    ...(main.controls === undefined ? {} : { controls: main.controls }),
    ...(pools.length === 0 ? {} : { pools }),
    notRun: main.notRun,
  };
  if (options.report !== undefined) await writeWhole(options.report, renderReport(evaluation));
  return evaluation;
}

async function pricesOf({ prices, data }: EvaluateOptions) {
  if (prices === undefined) {
    const none: Registry | undefined = undefined;
    return { ...(await readPricesBeside(data)), registry: none };
  }
  return { ...(await readPrices(prices)), notes: [] };
}

/** Suggested pools that can be evaluated and are not the one evaluated already; only where the user chose none. */
async function poolsToSuggest(
  { data, pool, router }: EvaluateOptions,
  { evaluable, evaluation }: Awaited<ReturnType<typeof evaluatePool>>,
): Promise<readonly (readonly string[])[]> {
  if (pool !== undefined || router !== undefined) return [];
  const main = new Set(evaluation.candidates);
  return (await suggestedPools(data)).filter(
    (names) =>
      names.every((name) => evaluable.has(name)) &&
      (names.length !== main.size || names.some((name) => !main.has(name))),
  );
}

/** Every pool asks the same of the same prompts, and a digest costs more than a look-up. */
function rememberedAnswers(answer: (text: string) => boolean): (prompt: LabelledPrompt) => boolean {
  const known = new Map<string, boolean>();
  return ({ text }) => {
    let own = known.get(text);
    if (own === undefined) {
      own = answer(text);
      known.set(text, own);
    }
    return own;
  };
}

function requireSameEncoder({ manifest }: Bundle, encoder: Encoder): void {
  if (manifest.encoder.id === encoder.id) return;
  throw new IprError(
    status.FAILED_PRECONDITION,
    "WRONG_ENCODER",
    `bundle ${manifest.id} was trained with the encoder ${manifest.encoder.id}, not with ${encoder.id}; ` +
      "give the encoder that the bundle was trained with (--encoder)",
    { metadata: { expected: manifest.encoder.id, actual: encoder.id } },
  );
}
