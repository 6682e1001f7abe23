import { availableParallelism } from "node:os";
import { openEncoder } from "@ipr/encoders";
import { shipped } from "@ipr/standalone";
import { cases, type Measured, measureQuality, type QualityReport, type Stack, stacks } from "@ipr/trainer";
import { Command, InvalidArgumentError } from "commander";
import { progressPrinter } from "../output/progress.ts";
import { renderTable } from "../output/table.ts";
import { parseNames } from "./options.ts";

interface BenchQualityOptions {
  readonly sets?: string[];
  readonly stacks: Stack[];
  readonly seeds: number[];
  readonly controls: boolean;
  readonly json?: true;
}

export function benchQualityCommand(): Command {
  const known = [...new Set(cases.map(({ set }) => set))];
  return new Command("quality")
    .description(
      "Trains on the shipped data sets and measures estimates and routing on their test rows, beside the bars they must reach. Some twenty minutes with both stacks.",
    )
    .option("--sets <names>", `data sets, separated by commas: ${known.join(", ")}`, parseOneOf(known))
    .option("--stacks <names>", "default (the transformer), fast (the static table)", parseOneOf(stacks), [
      ...stacks,
    ])
    .option("--seeds <numbers>", "a training run for each", parseSeeds, [7, 8, 9])
    .option("--no-controls", "leave out training on shuffled labels and on random prompts")
    .option("--json", "print the report as JSON")
    .addHelpText("after", "\nExample:\n  ipr bench quality --stacks fast --seeds 7")
    .action(async ({ json, sets, seeds, controls, ...options }: BenchQualityOptions) => {
      const printer = progressPrinter(process.stderr);
      await using opened = new AsyncDisposableStack();
      const encoders = { default: shipped.encoders.minilm, fast: shipped.encoders.static };
      const chosen: Partial<Record<Stack, Awaited<ReturnType<typeof openEncoder>>>> = {};
      for (const stack of options.stacks) {
        chosen[stack] = opened.use(await openEncoder(encoders[stack], { workers: availableParallelism() }));
      }
      const report = await measureQuality(
        {
          dataDir: shipped.dataDir,
          cases: cases.filter(({ set }) => sets?.includes(set) ?? true),
          stacks: chosen,
          seeds,
          hasControls: controls,
        },
        printer.report,
      ).finally(printer.end);
      process.stdout.write(json ? `${JSON.stringify(report, null, 2)}\n` : renderReport(report));
    });
}

function parseOneOf<Name extends string>(known: readonly Name[]): (text: string) => Name[] {
  return (text) =>
    parseNames(text).map((name) => {
      const found = known.find((one) => one === name);
      if (found === undefined) throw new InvalidArgumentError(`${name} is not one of ${known.join(", ")}`);
      return found;
    });
}

function parseSeeds(text: string): number[] {
  return parseNames(text).map((name) => {
    const seed = Number(name);
    if (!Number.isSafeInteger(seed) || seed < 0)
      throw new InvalidArgumentError(`${JSON.stringify(name)} is not a whole number of at least 0`);
    return seed;
  });
}

const labels: Readonly<Record<Measured["figure"], string>> = {
  r2: "R2",
  auc: "AUC",
  ece: "ECE",
  apgr: "APGR",
  qualityRatio: "quality ratio at the 97 % target",
  saving: "saving at the 97 % target",
};

function renderReport({ cases: measured, controls, seeds, bars, missed }: QualityReport): string {
  const right = { align: "right" as const };
  const rows = measured.flatMap(({ set, pool, stack, testRows, figures }) =>
    figures.map(({ figure, mean, low, high, bar, isMet }, index) => [
      index === 0 ? `${set} ${pool}, ${stack} (${testRows} rows)` : "",
      labels[figure],
      mean.toFixed(3),
      `${low.toFixed(3)} .. ${high.toFixed(3)}`,
      bar === undefined ? "" : `${figure === "ece" ? "<=" : ">="} ${bar}`,
      isMet === undefined ? "" : isMet ? "met" : "MISSED",
    ]),
  );
  const columns = [
    { title: "test rows of" },
    { title: "figure" },
    { title: "mean", ...right },
    { title: "over seeds", ...right },
    { title: "bar", ...right },
    { title: "" },
  ];
  const controlTable = renderTable(
    [{ title: "trained on" }, { title: "R2", ...right }, { title: "" }],
    controls.map(({ set, control, r2, isMet }) => [
      `${set} with ${control}`,
      r2.toFixed(4),
      isMet ? "met" : "MISSED",
    ]),
  );
  return [
    `${renderTable(columns, rows)}\n`,
    controls.length === 0 ? "" : `${controlTable}\n`,
    `mean over seeds ${seeds.join(", ")}; utility rule, predicted costs, settings chosen out of fold\n`,
    `${bars - missed} of ${bars} bars met\n`,
  ].join("");
}
