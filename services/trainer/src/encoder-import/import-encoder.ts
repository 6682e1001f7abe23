import { stat } from "node:fs/promises";
import { IprError, status } from "@ipr/errors";
import { type OnnxEncoderManifest, type WrittenEncoder, writeEncoderFiles } from "@ipr/estimator";
import type { Pooling, Precision } from "@ipr/onnx";
import { readBertCheckpoint } from "../checkpoint/bert-checkpoint.ts";
import { type GoldenVector, readGoldenVectors } from "../checkpoint/golden-vectors.ts";
import { badData } from "../data/bad-data.ts";
import type { OnProgress } from "../progress.ts";
import { checkpointForms } from "./checkpoint-forms.ts";
import { checkSentences } from "./check-sentences.ts";
import { type Closeness, closeness, type Speed, type Trial, tryEncoder } from "./encoder-check.ts";
import { createEncoderDirectory, type EncoderDirectory } from "./encoder-directory.ts";
import { type Download, downloadEncoder, parseHubReference, publicHub } from "./hugging-face-hub.ts";
import { readyGraph } from "./ready-graph.ts";

export interface EncoderImportOptions {
  /** A Hugging Face directory of a BERT encoder, `hf:owner/name[@revision]`, or a `.onnx` file beside its tokenizer.json. */
  readonly from: string;
  readonly out: string;
  /** Default int8; of a ready graph found out. */
  readonly precision?: Precision | undefined;
  /** The name the encoder gets. */
  readonly reference?: string | undefined;
  readonly licence?: string | undefined;
  readonly origin?: string | undefined;
  /** Put before every text. */
  readonly prefix?: string | undefined;
  readonly pooling?: Pooling | undefined;
  readonly maxTokens?: number | undefined;
  /** Vectors the encoder must give (see `readGoldenVectors`); a known checkpoint is checked by its own. */
  readonly golden?: string | undefined;
  /** Writes an 8-bit encoder that is far from its 32-bit form all the same. */
  readonly force?: boolean | undefined;
  /** Where `hf:` repositories are. */
  readonly hub?: string | undefined;
}

export interface EncoderImportReport {
  readonly id: string;
  readonly dimension: number;
  readonly maxTokens: number;
  readonly precision: Precision;
  readonly pooling: Pooling | "inside";
  readonly tokenizer: OnnxEncoderManifest["tokenizer"];
  readonly files: Readonly<Record<string, number>>;
  /** Against known vectors, where there are any: the encoder, and the 32-bit form it was made from. */
  readonly golden: { readonly encoder: Closeness; readonly fp32: Closeness | undefined } | undefined;
  /** An 8-bit encoder against its 32-bit form on built-in sentences. */
  readonly againstFp32: Closeness | undefined;
  readonly speed: readonly Speed[];
  readonly download: Download | undefined;
}

/** What the vectors must reach; 32-bit ones differ from what they should be by rounding only. */
export const minCosine: Readonly<Record<Precision, number>> = { fp32: 0.9999, int8: 0.98 };

/**
 * Makes an encoder of a sentence-transformer, checks it as it will be used (tokenizer, cut and all) and only then puts it
 * in place: an import that fails or is killed leaves what was there.
 */
export async function importEncoder(
  options: EncoderImportOptions,
  onProgress: OnProgress = () => {},
): Promise<EncoderImportReport> {
  await using work = await createEncoderDirectory(options.out);
  const repository = parseHubReference(options.from);
  if (repository === undefined) {
    const found = await stat(options.from).catch((error: unknown) => {
      throw badData(
        options.from,
        0,
        "cannot be read; a directory, a .onnx file or hf:owner/name is needed",
        error,
      );
    });
    if (found.isFile()) return await importGraph(work, options, onProgress);
    return await importCheckpoint(work, options.from, options, onProgress, undefined);
  }
  const dir = work.sub(repository.name.slice(repository.name.indexOf("/") + 1));
  const endpoint = options.hub ?? publicHub;
  const download = await downloadEncoder(repository, dir, { endpoint, onProgress });
  const origin = `hf:${repository.name}@${download.commit ?? repository.revision}`;
  return await importCheckpoint(work, dir, options, onProgress, { ...download, origin });
}

async function importCheckpoint(
  work: EncoderDirectory,
  dir: string,
  options: EncoderImportOptions,
  onProgress: OnProgress,
  download: (Download & { readonly origin: string }) | undefined,
): Promise<EncoderImportReport> {
  const precision = options.precision ?? "int8";
  const stage = (name: string): void => onProgress({ stage: name, done: 0, total: 0 });
  stage("read checkpoint");
  const checkpoint = await readBertCheckpoint(dir);
  const forms = await checkpointForms(dir, checkpoint, options, download?.origin);
  const make = async (form: Precision): Promise<[WrittenEncoder<OnnxEncoderManifest>, Trial]> => {
    stage(`build ${form} graph`);
    const written = forms.form(form);
    await writeEncoderFiles<OnnxEncoderManifest>(work.sub(form), written);
    stage(`check ${form} encoder`);
    const trial = await tryEncoder(work.sub(form), forms.golden, { isTimed: form === precision });
    checkGolden(trial.golden, form);
    return [written, trial];
  };
  const [exact, exactTrial] = await make("fp32");
  const [written, trial] = precision === "fp32" ? [exact, exactTrial] : await make("int8");
  const againstFp32 =
    precision === "fp32"
      ? undefined
      : closeness(trial.sentenceVectors, exactTrial.sentenceVectors, checkSentences);
  if (options.force !== true) checkRounding(againstFp32);
  await work.publish(precision);
  return {
    ...describe(written, trial),
    pooling: forms.pooling,
    golden: trial.golden && {
      encoder: trial.golden,
      fp32: precision === "fp32" ? undefined : exactTrial.golden,
    },
    againstFp32,
    download,
  };
}

async function importGraph(
  work: EncoderDirectory,
  options: EncoderImportOptions,
  onProgress: OnProgress,
): Promise<EncoderImportReport> {
  onProgress({ stage: "read graph", done: 0, total: 0 });
  const written = await readyGraph(options);
  const golden: GoldenVector[] = options.golden === undefined ? [] : await readGoldenVectors(options.golden);
  const dir = work.sub("encoder");
  await writeEncoderFiles<OnnxEncoderManifest>(dir, written);
  onProgress({ stage: "check encoder", done: 0, total: 0 });
  const trial = await tryEncoder(dir, golden, { isTimed: true });
  checkGolden(trial.golden, written.precision);
  checkSpread(options.from, trial);
  await work.publish("encoder");
  return {
    ...describe(written, trial),
    pooling: written.graph.pooling,
    golden: trial.golden && { encoder: trial.golden, fp32: undefined },
    againstFp32: undefined,
    download: undefined,
  };
}

function describe(
  { dimension, maxTokens, precision, tokenizer, files }: WrittenEncoder<OnnxEncoderManifest>,
  { id, speed }: Trial,
): Pick<
  EncoderImportReport,
  "id" | "dimension" | "maxTokens" | "precision" | "tokenizer" | "files" | "speed"
> {
  const sizes = Object.fromEntries(Object.entries(files).map(([name, content]) => [name, content.length]));
  return { id, dimension, maxTokens, precision, tokenizer, files: sizes, speed };
}

function checkGolden(golden: Closeness | undefined, precision: Precision): void {
  const least = minCosine[precision];
  if (golden === undefined || golden.minCosine >= least) return;
  throw tooFar(
    `the ${precision} encoder gives another vector for ${quote(golden.farthest)} than it should ` +
      `(cosine ${golden.minCosine.toFixed(4)}, expected at least ${least}); is it the right checkpoint, with the right pooling and prefix?`,
  );
}

function checkRounding(againstFp32: Closeness | undefined): void {
  if (againstFp32 === undefined || againstFp32.minCosine >= minCosine.int8) return;
  throw tooFar(
    `in 8 bits the vector of ${quote(againstFp32.farthest)} has a cosine of ${againstFp32.minCosine.toFixed(4)} with the 32-bit one, ` +
      `expected at least ${minCosine.int8}; import it with --precision fp32, or write it all the same with --force`,
  );
}

/** A graph whose inputs or outputs were taken for something else tends to give one vector for everything. */
function checkSpread(file: string, { sentenceVectors }: Trial): void {
  const first = sentenceVectors[0]!;
  if (sentenceVectors.some((vector) => vector.some((value, i) => Math.abs(value - first[i]!) > 1e-3))) return;
  throw badData(file, 0, "gives the same vector for every sentence, so it does not encode them");
}

function tooFar(message: string): IprError {
  return new IprError(status.FAILED_PRECONDITION, "BAD_DATA", message);
}

function quote(text: string): string {
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text);
}
