import { existsSync, readdirSync } from "node:fs";
import type { Environment } from "@ipr/service";
import { checkData, type Head, heads, train, type TrainReport } from "@ipr/trainer";
import { shipped } from "@ipr/standalone";
import { Command, Option } from "commander";
import { renderDataReport } from "../output/data-report.ts";
import { percent, quality } from "../output/numbers.ts";
import { progressPrinter } from "../output/progress.ts";
import { shellWord } from "../output/shell-word.ts";
import { renderTable } from "../output/table.ts";
import { encoderReference } from "./encoder-reference.ts";
import { parseCount, parseNames } from "./options.ts";

interface TrainCommandOptions {
  readonly data: string[];
  readonly out?: string;
  readonly encoder: string;
  readonly candidates?: string[];
  readonly prices?: string;
  readonly seed: number;
  readonly head: Head;
  readonly check?: true;
  readonly keepWork?: true;
  readonly json?: true;
}

export function trainCommand(environment: Environment): Command {
  return new Command("train")
    .description("Trains a bundle from labelled prompts (JSON Lines, one prompt a row; see docs/data.md).")
    .requiredOption(
      "--data <files...>",
      "labelled prompts, .jsonl, .jsonl.gz or .parquet; several files are joined",
    )
    .option("--out <directory>", "where the bundle goes; written whole or not at all")
    .option(
      "--encoder <reference>",
      "the encoder: a directory, or static or minilm for a shipped one",
      encoderReference,
      shipped.encoderDir,
    )
    .option(
      "--candidates <names>",
      "train these only, separated by commas (default: all with labels)",
      parseNames,
    )
    .option("--pool <names>", "another name of --candidates", parseNames)
    .option("--prices <file>", "registry.yaml or .meta.json (default: the .meta.json beside each data file)")
    .addOption(
      new Option("--head <kind>", "what reads the features (ipr is the paper's own; see docs/training.md)")
        .choices(heads)
        .default("mlp"),
    )
    .option("--seed <n>", "equal data, options and seed give the same bundle", parseCount(0), 7)
    .option(
      "--check",
      "only say what is wrong with the data; nothing is trained or written; exit 1 on a problem",
    )
    .option(
      "--keep-work",
      "keep <out>.work, from which a run that was killed is resumed, when the bundle is written",
    )
    .option("--json", "print the report as JSON")
    .addHelpText(
      "after",
      "\nExample:\n  ipr train --data my-prompts.jsonl --prices registry.yaml --out my-bundle\n" +
        "  ipr train --data my-prompts.jsonl --check",
    )
    .action(
      async (
        { json, check, out, ...options }: TrainCommandOptions & { pool?: string[] },
        command: Command,
      ) => {
        const printer = progressPrinter(process.stderr);
        const candidates = options.candidates ?? options.pool;
        if (check) {
          const found = await checkData({ ...options, candidates }, printer.report).finally(printer.end);
          process.stdout.write(json ? `${JSON.stringify(found, null, 2)}\n` : renderDataReport(found));
          if (found.findings.some(({ severity }) => severity === "problem")) process.exitCode = 1;
          return;
        }
        if (out === undefined) command.error("error: required option '--out <directory>' not specified");
        const report = await train({ ...options, out, candidates, environment }, printer.report)
          .finally(printer.end)
          .catch((error: unknown) => {
            process.stderr.write(keptWork(out));
            throw error;
          });
        process.stdout.write(json ? `${JSON.stringify(report, null, 2)}\n` : renderReport(report, options));
      },
    );
}

/** What is left of a training that failed, as a line; empty when nothing is. */
export function keptWork(out: string): string {
  const directory = `${out}.work`;
  return existsSync(directory) && readdirSync(directory).length > 0
    ? `finished stages are kept in ${directory}: run the same command again to go on\n`
    : "";
}

export interface TrainedWith {
  readonly data: readonly string[];
  readonly encoder: string;
  readonly prices?: string;
}

/** The command that measures the new bundle on the test rows of its own data; FILE stands for prices still to be given. */
export function nextCommand(
  { out, candidates, unpriced }: Pick<TrainReport, "out" | "candidates" | "unpriced">,
  { data, encoder, prices }: TrainedWith,
): string {
  const isPriced = candidates.length - unpriced.length >= 2;
  const priceFile = prices ?? (isPriced ? undefined : "FILE");
  const words = [
    "ipr",
    "evaluate",
    "--bundle",
    out,
    "--data",
    ...data,
    ...(encoder === shipped.encoderDir ? [] : ["--encoder", encoder]),
    ...(priceFile === undefined ? [] : ["--prices", priceFile]),
  ];
  return words.map(shellWord).join(" ");
}

function renderReport(report: TrainReport, options: TrainedWith): string {
  const { bundle, out, rows, candidates, test, testBySource, notes, data, resumed } = report;
  const rowsText = `${rows.train} train, ${rows.val} val, ${rows.test} test${rows.dropped > 0 ? `, ${rows.dropped} dropped` : ""}`;
  const table = renderTable(
    [
      { title: "candidate" },
      { title: "labels", align: "right" },
      { title: "mean quality", align: "right" },
      { title: "" },
    ],
    candidates.map(({ name, labels, meanQuality, hasAdapter }) => [
      name,
      String(labels),
      quality(meanQuality),
      hasAdapter ? "" : "too few labels: predicted by its mean",
    ]),
  );
  const metrics = Object.entries({ ...(test && { all: test }), ...testBySource }).map(
    ([part, { r2, auc, mae }]) => [part, r2.toFixed(3), auc.toFixed(3), mae.toFixed(3)],
  );
  const metricsTable =
    metrics.length === 0
      ? "no test rows: nothing was measured\n"
      : renderTable(
          [
            { title: "on test rows of" },
            { title: "R2", align: "right" },
            { title: "AUC", align: "right" },
            { title: "MAE", align: "right" },
          ],
          metrics,
        );
  const dropped = rows.dropped / Math.max(1, rows.train + rows.val + rows.test + rows.dropped);
  const warning = dropped > 0.5 ? `${percent(dropped)} of the rows have no label of these candidates\n` : "";
  const done = resumed.prompts ? `resumed: prompts and ${resumed.folds.length} networks were there\n` : "";
  return [
    `${renderDataReport(data)}\n`,
    done,
    `${table}\n${metricsTable}\n`,
    warning,
    ...notes.map((note) => `note: ${note}\n`),
    `bundle ${bundle} in ${out} (rows: ${rowsText})\n`,
    `next: ${nextCommand(report, options)}\n`,
  ].join("");
}
