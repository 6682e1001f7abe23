import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { shipped } from "@ipr/standalone";
import { type LabelledRow, type OnProgress, writeLabelledPrompts } from "@ipr/trainer";
import type { TrainChildMessage, TrainChildOptions, TrainChildResult } from "./train-child.ts";
import { createTrainingWorld, type TrainingWorld } from "./training-world.ts";

export interface BenchTrainOptions {
  readonly rows: number;
  readonly candidates: number;
  readonly format: "jsonl" | "parquet";
  readonly seed: number;
  readonly onProgress: OnProgress;
}

export interface BenchTrainReport extends Omit<TrainChildResult, "report"> {
  readonly machine: {
    readonly cpu: string;
    readonly cores: number;
    readonly node: string;
    readonly loadBefore: number;
    readonly loadAfter: number;
  };
  readonly rows: number;
  readonly candidates: number;
  readonly format: string;
  readonly dataBytes: number;
  readonly networks: number;
  /** On test rows, and of one who knows every chance: see `TrainingWorld`. */
  readonly r2: number;
  readonly r2Ceiling: number;
  readonly auc: number;
  readonly notes: readonly string[];
}

const rowsPerReport = 1000;

/**
 * Trains on generated prompts and labels, end to end as `ipr train` does: reading, encoding, training, calibrating,
 * measuring, writing the bundle. Generating the data is not counted.
 */
export async function benchTrain(options: BenchTrainOptions): Promise<BenchTrainReport> {
  const directory = await mkdtemp(join(tmpdir(), "ipr-bench-train-"));
  try {
    return await benchIn(directory, options);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function benchIn(directory: string, options: BenchTrainOptions): Promise<BenchTrainReport> {
  const data = join(directory, `prompts.${options.format}`);
  const world = await createTrainingWorld(options);
  await writeLabelledPrompts(data, counted(world, options));
  await writeFile(join(directory, "prompts.meta.json"), pricesOf(world));
  const loadBefore = loadavg()[0] ?? 0;
  const { report, ...measured } = await trainInChild(
    { data: [data], encoder: shipped.encoderDir, out: join(directory, "bundle"), seed: options.seed },
    options.onProgress,
  );
  const [cpu] = cpus();
  return {
    machine: {
      cpu: cpu?.model ?? "unknown",
      cores: cpus().length,
      node: process.version,
      loadBefore,
      loadAfter: loadavg()[0] ?? 0,
    },
    rows: options.rows,
    candidates: options.candidates,
    format: options.format,
    dataBytes: (await stat(data)).size,
    networks: report.epochs.length,
    ...measured,
    r2: report.test?.r2 ?? Number.NaN,
    r2Ceiling: world.ceiling(),
    auc: report.test?.auc ?? Number.NaN,
    notes: report.notes,
  };
}

async function* counted(
  world: TrainingWorld,
  { rows, onProgress }: BenchTrainOptions,
): AsyncGenerator<LabelledRow> {
  let done = 0;
  for await (const row of world.rows()) {
    done++;
    if (done % rowsPerReport === 0)
      onProgress({ stage: "generate prompts (not counted)", done, total: rows });
    yield row;
  }
}

function pricesOf({ pricesUsdPerMtok }: TrainingWorld): string {
  const prices = Object.entries(pricesUsdPerMtok).map(([name, usd]) => {
    const price = { input_per_1m_usd: usd, output_per_1m_usd: 4 * usd };
    return [name, { ...price, source: "made up for a benchmark", as_of: "2026-01-01" }];
  });
  return JSON.stringify({ prices: Object.fromEntries(prices) });
}

async function trainInChild(options: TrainChildOptions, onProgress: OnProgress): Promise<TrainChildResult> {
  const script = fileURLToPath(new URL("train-child.ts", import.meta.url));
  const child = fork(script, [JSON.stringify(options)], { stdio: ["ignore", "inherit", "inherit", "ipc"] });
  let result: TrainChildResult | undefined;
  child.on("message", (message) => {
    const told = message as TrainChildMessage;
    if ("result" in told) result = told.result;
    else onProgress(told);
  });
  const [code, signal] = (await once(child, "exit")) as [number | null, string | null];
  if (result === undefined) throw new Error(`training ended with ${signal ?? `code ${code}`} and no result`);
  return result;
}
