import { Command } from "commander";
import { benchPredict } from "../bench/bench-predict.ts";
import { renderBench } from "../output/bench-report.ts";
import { progressPrinter } from "../output/progress.ts";
import { parseCount } from "./options.ts";

interface BenchPredictCommandOptions {
  readonly seconds: number;
  readonly candidates: number;
  readonly rate: number;
  readonly json?: true;
}

export function benchPredictCommand(): Command {
  return new Command("predict")
    .description("Measures quality estimates for a large pool, also while bundles are swapped.")
    .option("--seconds <n>", "how long each scenario is measured", parseCount(1), 5)
    .option("--candidates <n>", "candidates of the pool", parseCount(1), 50)
    .option("--rate <n>", "calls a second in the open loops", parseCount(1), 200)
    .option("--json", "print the report as JSON")
    .addHelpText("after", "\nExample:\n  ipr bench predict --candidates 50")
    .action(async ({ seconds, candidates, rate, json }: BenchPredictCommandOptions) => {
      const printer = progressPrinter(process.stderr);
      const onProgress = (stage: string) => printer.report({ stage, done: 0, total: 0 });
      const report = await benchPredict({ seconds, candidates, ratePerSecond: rate, onProgress }).finally(
        printer.end,
      );
      process.stdout.write(json ? `${JSON.stringify(report, null, 2)}\n` : renderBench(report));
    });
}
