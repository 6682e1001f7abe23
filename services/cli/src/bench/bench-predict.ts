import { mkdtemp, rename, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { createPredictor, loadBundle, writeBundle } from "@ipr/estimator";
import { createEmbeddedBus } from "@ipr/events";
import { type Client, localClient, type Registration } from "@ipr/grpc";
import { QualityService } from "@ipr/proto";
import { createQuality } from "@ipr/quality";
import { processLogger } from "@ipr/service";
import { shipped } from "@ipr/standalone";
import { closedLoop, openLoop } from "./load.ts";
import { ownCpuUs } from "./process-cpu.ts";
import { type BenchReport, type BenchRow, thisMachine } from "./report.ts";
import { promptOfLength, samplePrompts } from "./sample-prompts.ts";
import { type Measured, summarise } from "./summary.ts";

export interface BenchPredictOptions {
  readonly seconds: number;
  readonly candidates: number;
  readonly ratePerSecond: number;
  readonly onProgress: (stage: string) => void;
}

const warmUpCalls = 2_000;
const promptsPerSet = 200;
/** Pause between two swaps of the last scenario: far more often than anybody trains. */
const swapPauseMs = 500;
const callTimeoutMs = 10_000;

interface Prompt {
  readonly text: string;
  readonly embedding: Float32Array;
}

/**
 * Measures estimates from text and embedding, for a pool as large as asked: the shipped bundle with its candidates
 * repeated. The embeddings are made up, which costs the same; the texts are real.
 */
export async function benchPredict(options: BenchPredictOptions): Promise<BenchReport> {
  const { seconds, onProgress } = options;
  const directory = await mkdtemp(join(tmpdir(), "ipr-bench-"));
  try {
    // Two stay loaded, so that of three the next is always read and warmed and not found in memory.
    const dirs = ["a", "b", "c"].map((name) => join(directory, name));
    for (const [copy, dir] of dirs.entries()) await writeWideBundle(dir, options.candidates, copy);
    const bundle = await loadBundle(dirs[0]!);
    const { dimension, id: encoder } = bundle.manifest.encoder;
    const texts = await samplePrompts(promptsPerSet);
    const prompts = texts.map((text, n) => ({
      text,
      embedding: unitVector(dimension, n),
    }));
    const promptAt = (n: number): Prompt => prompts[n % prompts.length]!;
    const loop = { warmUpCalls, seconds, cpuUs: ownCpuUs };

    const rows: BenchRow[] = [];
    const measure = async (scenario: string, run: () => Promise<Measured>) => {
      onProgress(scenario);
      rows.push({ scenario, ...summarise(await run()) });
    };
    const wide = `${options.candidates} candidates`;
    const predictor = createPredictor(bundle);
    const one = [predictor.candidates[0]!];
    await measure("1 candidate, the estimator alone", () =>
      closedLoop({ ...loop, call: async (n) => predictor.predict({ ...promptAt(n), candidates: one }) }),
    );
    await measure(`${wide}, the estimator alone`, () =>
      closedLoop({ ...loop, call: async (n) => predictor.predict(promptAt(n)) }),
    );
    const shortPromptAt = (n: number): Prompt => ({ ...promptAt(n), text: promptOfLength(texts, 60, n) });
    await measure(`${wide}, the estimator alone, 60 characters`, () =>
      closedLoop({ ...loop, call: async (n) => predictor.predict(shortPromptAt(n)) }),
    );

    const link = join(directory, "current");
    await point(link, dirs[0]!);
    return await withQuality(link, async (client) => {
      const call = (n: number) => {
        const { text, embedding } = promptAt(n);
        return client.predict({ text, encoder, embedding: [...embedding] });
      };
      const open = { ...loop, call, ratePerSecond: options.ratePerSecond, random: () => 1 - Math.random() };
      await measure(`${wide}, Predict in process`, () => closedLoop({ ...loop, call }));
      await measure(`the same, ${options.ratePerSecond}/s open loop`, () => openLoop(open));
      await measure(`the same, a bundle loaded and swapped in every ${swapPauseMs} ms`, async () => {
        const stopped = new AbortController();
        const [measured] = await Promise.all([
          openLoop(open).finally(() => stopped.abort()),
          swapForever(link, dirs, client, stopped.signal),
        ]);
        return measured;
      });
      return { machine: thisMachine(), rows };
    });
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function withQuality<T>(
  bundleDir: string,
  work: (client: Client<typeof QualityService>) => Promise<T>,
): Promise<T> {
  await using bus = createEmbeddedBus();
  const never = 1_000_000_000;
  const logger = processLogger("quality", "warn");
  const quality = await createQuality({ bundleDir, shadowShare: 0, bundlePollMs: never, bus, logger });
  try {
    const [registration] = quality.registrations as readonly [Registration];
    const local = {
      timeoutMs: callTimeoutMs,
      onUnexpected: (error: unknown) => logger.error("failed", { error }),
    };
    return await work(localClient(QualityService, registration, local));
  } finally {
    await quality.close();
  }
}

async function swapForever(
  link: string,
  dirs: readonly string[],
  client: Client<typeof QualityService>,
  stopped: AbortSignal,
): Promise<void> {
  for (let n = 1; !stopped.aborted; n++) {
    await point(link, dirs[n % dirs.length]!);
    const { slots } = await client.reloadBundles({});
    const [refusal] = slots.flatMap(({ refusal }) => (refusal === undefined ? [] : [refusal]));
    if (refusal !== undefined) throw new Error(`a swap was refused: ${refusal.message}`);
    await delay(swapPauseMs);
  }
}

/** The shipped bundle with its candidates repeated under other names; `copy` gives each its own id. */
async function writeWideBundle(dir: string, count: number, copy: number): Promise<void> {
  const { manifest, toleranceTable: _ofAnotherPool, ...bundle } = await loadBundle(shipped.bundleDir);
  const candidates = Array.from({ length: count }, (_, n) => ({
    ...bundle.candidates[n % bundle.candidates.length]!,
    name: `candidate-${n}`,
  }));
  const { createdAt, data, metrics, training, encoder } = manifest;
  await writeBundle(dir, {
    ...bundle,
    candidates,
    encoder: encoder.id,
    toleranceTable: "made for a benchmark",
    createdAt,
    data,
    metrics,
    training: { ...training, copy },
  });
}

/** Moves a link in one step. */
async function point(link: string, to: string): Promise<void> {
  await symlink(to, `${link}.new`);
  await rename(`${link}.new`, link);
}

function unitVector(dimension: number, n: number): Float32Array {
  const values = Float32Array.from({ length: dimension }, (_, i) => Math.sin((n + 1) * (i + 1)));
  const length = Math.hypot(...values);
  return values.map((value) => value / length);
}
