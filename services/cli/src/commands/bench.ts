import type { Environment } from "@ipr/service";
import { Command } from "commander";
import { benchRoute } from "../bench/bench-route.ts";
import { renderBench } from "../output/bench-report.ts";
import { progressPrinter } from "../output/progress.ts";
import { benchAddModelCommand } from "./bench-add-model.ts";
import { benchEmbedCommand } from "./bench-embed.ts";
import { benchPredictCommand } from "./bench-predict.ts";
import { benchTrainCommand } from "./bench-train.ts";
import { benchSuggestPromptsCommand } from "./bench-suggest-prompts.ts";
import { benchQualityCommand } from "./bench-quality.ts";
import { parseCount } from "./options.ts";

interface BenchRouteCommandOptions {
  readonly seconds: number;
  readonly rate: number;
  readonly json?: true;
}

export function benchCommand(environment: Environment): Command {
  return new Command("bench")
    .description("The project's own benchmarks.")
    .addCommand(benchRouteCommand(environment))
    .addCommand(benchTrainCommand())
    .addCommand(benchQualityCommand())
    .addCommand(benchAddModelCommand(environment))
    .addCommand(benchSuggestPromptsCommand(environment))
    .addCommand(benchEmbedCommand(environment))
    .addCommand(benchPredictCommand());
}

function benchRouteCommand(environment: Environment): Command {
  return new Command("route")
    .description(
      "Measures a decision in process and over gRPC, beside a bare Node proxy on the same machine.",
    )
    .option("--seconds <n>", "how long each scenario is measured", parseCount(1), 5)
    .option("--rate <n>", "decisions a second in the open loop", parseCount(1), 200)
    .option("--json", "print the report as JSON")
    .addHelpText("after", "\nExample:\n  ipr bench route --seconds 10")
    .action(async ({ seconds, rate, json }: BenchRouteCommandOptions) => {
      const printer = progressPrinter(process.stderr);
      const onProgress = (stage: string) => printer.report({ stage, done: 0, total: 0 });
      const report = await benchRoute(environment, { seconds, ratePerSecond: rate, onProgress }).finally(
        printer.end,
      );
      process.stdout.write(json ? `${JSON.stringify(report, null, 2)}\n` : renderBench(report));
    });
}
