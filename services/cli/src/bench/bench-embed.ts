import { type OpenedEncoder, openEncoder, type OpenOptions } from "@ipr/encoders";
import { closedLoop } from "./load.ts";
import { ownCpuUs } from "./process-cpu.ts";
import { type BenchReport, thisMachine } from "./report.ts";
import { promptOfLength, samplePrompts } from "./sample-prompts.ts";
import { summarise } from "./summary.ts";
import { createTextsOfTokens } from "./texts-of-tokens.ts";

export interface BenchEmbedOptions extends Pick<OpenOptions, "provider" | "workers" | "environment"> {
  /** Directories of the encoders. */
  readonly encoders: readonly string[];
  readonly seconds: number;
  readonly onProgress: (stage: string) => void;
}

const warmUpCalls = 100;
const promptsPerSet = 200;
const tokenCounts = [16, 64, 128];
const characterCounts = [4_000, 100_000];
const batchSizes = [1, 8, 32];
/** Tokens of the texts whose throughput is measured. */
const throughputTokens = 64;

/**
 * Measures encoders: one text at a time by its length in tokens, a long text beside a short one, and how many texts a second
 * at once, by batch size where a batch is allowed. Every text is different.
 */
export async function benchEmbed(options: BenchEmbedOptions): Promise<BenchReport> {
  const { encoders, seconds, onProgress } = options;
  const { provider = "cpu", workers = 1, environment = {} } = options;
  const prompts = await samplePrompts(promptsPerSet);
  const textOfTokens = await createTextsOfTokens(prompts);
  const rows: BenchReport["rows"][number][] = [];

  const measure = async (
    encoder: OpenedEncoder,
    what: string,
    textAt: (n: number) => string,
    atOnce = 1,
  ): Promise<void> => {
    const scenario = `${encoder.id.split("@")[0]} on ${encoder.computesOn}, ${what}`;
    onProgress(scenario);
    const call = (n: number) => encoder.encode(textAt(n));
    const measured = await closedLoop({ call, warmUpCalls, seconds, cpuUs: ownCpuUs, atOnce });
    rows.push({ scenario, ...summarise(measured) });
  };

  for (const dir of encoders) {
    let largestBatch = 1;
    {
      await using encoder = await openEncoder(dir, { provider, workers, environment });
      for (const tokens of tokenCounts) {
        await measure(encoder, `${tokens} tokens`, (n) => textOfTokens(tokens, n));
      }
      for (const characters of characterCounts) {
        await measure(encoder, `${characters} characters`, (n) => promptOfLength(prompts, characters, n));
      }
      if (encoder.kind === "static") continue;
      largestBatch = encoder.parallelism / workers;
    }
    for (const maxBatch of batchSizes) {
      // An encoder that never batches has nothing to show for a larger one.
      if (maxBatch > 1 && largestBatch === 1) continue;
      await using encoder = await openEncoder(dir, { provider, workers, environment, maxBatch });
      const atOnce = 2 * maxBatch * workers;
      const what = `${throughputTokens} tokens, ${atOnce} at once in batches of ${maxBatch}`;
      await measure(encoder, what, (n) => textOfTokens(throughputTokens, n), atOnce);
    }
  }
  return { machine: thisMachine(), rows };
}
