import type { Environment } from "@ipr/service";
import { distill } from "@ipr/trainer";
import { Command } from "commander";
import { progressPrinter } from "../output/progress.ts";
import { encoderImportCommand } from "./encoder-import.ts";
import { parseCount } from "./options.ts";

interface DistillCommandOptions {
  readonly out: string;
  readonly reference?: string;
  readonly licence?: string;
  readonly origin?: string;
  readonly dimension: number;
  readonly golden?: string;
}

export function encoderCommand(environment: Environment): Command {
  return new Command("encoder")
    .description("Makes encoders.")
    .addCommand(encoderImportCommand(environment))
    .addCommand(distillCommand());
}

function distillCommand(): Command {
  return new Command("distill")
    .description(
      "Makes a static encoder, a table of one vector a token, from a transformer sentence encoder.",
    )
    .argument(
      "<directory>",
      "a Hugging Face directory: config.json, tokenizer.json, model.safetensors (uncased BERT)",
    )
    .requiredOption("--out <directory>", "where the encoder goes")
    .option("--reference <name>", "the name the encoder gets (a known checkpoint has its own)")
    .option(
      "--licence <text>",
      "the licence of the weights, kept in the manifest (of a known checkpoint: known)",
    )
    .option(
      "--origin <text>",
      "where the weights come from, kept in the manifest (of a known checkpoint: known)",
    )
    .option("--dimension <n>", "length of the vectors", parseCount(1), 256)
    .option("--golden <file>", "vectors the transformer must reproduce, .jsonl or .jsonl.gz")
    .addHelpText("after", "\nExample:\n  ipr encoder distill all-MiniLM-L6-v2 --out my-encoder")
    .action(async (from: string, options: DistillCommandOptions) => {
      const printer = progressPrinter(process.stderr);
      const encoder = await distill({ from, ...options }, printer.report).finally(printer.end);
      process.stdout.write(`encoder ${encoder.id} with ${encoder.dimension} dimensions in ${options.out}\n`);
    });
}
