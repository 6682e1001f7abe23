import { arena } from "./arena.ts";
import { embedLlm } from "./embed-llm.ts";
import { helm } from "./helm.ts";
import type { Importer } from "./importer.ts";
import { llmRouterBench } from "./llm-router-bench.ts";
import { openAiEvals } from "./open-ai-evals.ts";
import { routeLlm } from "./route-llm.ts";
import { routerBench } from "./routerbench.ts";
import { sprout } from "./sprout.ts";

/** The formats `ipr import` reads. */
export const importers: readonly Importer[] = [
  routerBench,
  llmRouterBench,
  sprout,
  embedLlm,
  routeLlm,
  arena,
  helm,
  openAiEvals,
];
