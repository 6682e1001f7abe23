import { invalidField } from "@ipr/errors";
import { createPredictor, loadBundle, loadEncoder, type ToleranceTable } from "@ipr/estimator";
import { createMatrix } from "@ipr/evaluation";
import { joinData } from "../data/join-data.ts";
import { type LabelledPrompt, type Split, splits } from "../data/labelled-prompt.ts";
import type { OnProgress } from "../progress.ts";
import { assess } from "./assess.ts";
import { answerCosts, assumedOutputTokens, expectedCosts, meanOutputTokens, type Price } from "./costs.ts";
import { dominatedNotes } from "./dominated.ts";
import type { Evaluation } from "./evaluation.ts";
import { predictRows } from "./predict-rows.ts";
import { readPrices, readPricesBeside } from "./read-prices.ts";
import { writeReport } from "./render-report.ts";
import { forTargets, type Settings } from "./rule-statistics.ts";
import { rowsOf, type Sample } from "./sample.ts";
import { selectPool } from "./select-pool.ts";

export interface EvaluateOptions {
  /** Directory of the bundle. */
  readonly bundle: string;
  /** Directory of the encoder the bundle was trained with. */
  readonly encoder: string;
  readonly data: readonly string[];
  /** Rows to measure on; `all` where the data are new to the bundle altogether. */
  readonly split: Split | "all";
  /** A price file; without it the `.meta.json` beside each data file. */
  readonly prices?: string | undefined;
  /** Candidates to route between; without it all that the bundle, the data and the prices know. */
  readonly pool?: readonly string[] | undefined;
  /** Where to write the HTML report. */
  readonly report?: string | undefined;
  readonly seed?: number | undefined;
  readonly resamples?: number | undefined;
}

/** An interval from fewer prompts than this would be a guess. */
export const minRows = 20;

const defaultSeed = 1;
