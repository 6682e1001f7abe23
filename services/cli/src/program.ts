import type { Environment } from "@ipr/service";
import manifest from "../package.json" with { type: "json" };
import { Command } from "commander";
import { addModelCommand } from "./commands/add-model.ts";
import { annotateCommand } from "./commands/annotate.ts";
import { benchCommand } from "./commands/bench.ts";
import { encoderCommand } from "./commands/encoder.ts";
import { evaluateCommand } from "./commands/evaluate.ts";
import { importCommand } from "./commands/import.ts";
import { routeCommand } from "./commands/route.ts";
import { suggestPromptsCommand } from "./commands/suggest-prompts.ts";
import { trainCommand } from "./commands/train.ts";
import { upCommand } from "./commands/up.ts";

/** The `ipr` command line. Exit code 0 only on success; errors are one line on standard error. */
export function createProgram(environment: Environment): Command {
  return new Command("ipr")
    .description(
      "Intelligent prompt router: predicts from a prompt the quality each candidate model would give, and picks the cheapest within the caller's tolerance.",
    )
    .version(manifest.version)
    .showHelpAfterError("(add --help for what this command takes)")
    .addCommand(upCommand(environment))
    .addCommand(routeCommand(environment))
    .addCommand(importCommand())
    .addCommand(annotateCommand(environment))
    .addCommand(trainCommand(environment))
    .addCommand(addModelCommand(environment))
    .addCommand(suggestPromptsCommand(environment))
    .addCommand(evaluateCommand(environment))
    .addCommand(encoderCommand(environment))
    .addCommand(benchCommand(environment));
}
