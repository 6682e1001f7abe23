import { countAllRows } from "../data/describe-data.ts";
import { readPrices, readPricesBeside } from "../evaluate/read-prices.ts";
import type { OnProgress } from "../progress.ts";
import { type DataReport, reportOnData } from "./data-report.ts";
import { readTrainingData } from "./read-training-data.ts";

interface CheckDataOptions {
  readonly data: readonly string[];
  readonly candidates?: readonly string[] | undefined;
  readonly prices?: string | undefined;
}

/** Folds are of no interest here. */
const seed = 0;

/** Reads labelled prompts as training would, without encoding them, and says what is wrong with them. */
export async function checkData(
  { data: files, candidates, prices }: CheckDataOptions,
  onProgress: OnProgress = () => {},
): Promise<DataReport> {
  const priced = prices === undefined ? await readPricesBeside(files) : await readPrices(prices);
  const expectedRows = await countAllRows(files);
  const read = { files, candidates, encoder: undefined, seed, expectedRows };
  return reportOnData(await readTrainingData(read, onProgress), priced.prices);
}
