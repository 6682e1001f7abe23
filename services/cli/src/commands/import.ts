import { importData, importers, type ImportReport } from "@ipr/trainer";
import { Command } from "commander";
import { quality, usd } from "../output/numbers.ts";
import { progressPrinter } from "../output/progress.ts";
import { renderTable } from "../output/table.ts";

interface ImportCommandOptions {
  readonly from?: string;
  readonly out?: string;
  readonly list?: true;
  readonly json?: true;
}

export function importCommand(): Command {
  const command: Command = new Command("import")
    .description("Turns a public data set into labelled prompts for train and evaluate (see docs/import.md).")
    .argument("[files...]", "the data set's files (of helm: run folders)")
    .option("--from <format>", "the format of the files: one of --list")
    .option("--out <file>", "labelled prompts, .jsonl, .jsonl.gz or .parquet; written whole or not at all")
    .option("--list", "print the formats, one a line")
    .option("--json", "print the report, or the list, as JSON")
    .addHelpText(
      "after",
      "\nExample:\n  ipr import --from routerbench routerbench_0shot.parquet --out routerbench.parquet",
    );
  return command.action(async (files: string[], { from, out, list, json }: ImportCommandOptions) => {
    if (list) {
      process.stdout.write(renderFormats(json));
      return;
    }
    if (from === undefined || out === undefined || files.length === 0) {
      command.error(
        "error: import needs --from FORMAT, --out FILE and at least one file; --list names formats",
      );
    }
    const printer = progressPrinter(process.stderr);
    const report = await importData({ from, files, out }, printer.report).finally(printer.end);
    process.stdout.write(json ? `${JSON.stringify(report, null, 2)}\n` : renderReport(report));
  });
}

function renderFormats(json: true | undefined): string {
  const formats = importers.map(({ name, describe }) => ({ name, describe }));
  if (json) return `${JSON.stringify(formats, null, 2)}\n`;
  return renderTable(
    [{ title: "format" }, { title: "files" }],
    formats.map(({ name, describe }) => [name, describe]),
  );
}

function renderReport(report: ImportReport): string {
  const { candidates, dropped, notes, meta, out } = report;
  const table = renderTable(
    [
      { title: "candidate" },
      { title: "labels", align: "right" },
      { title: "mean score", align: "right" },
      { title: "USD/Mtok in", align: "right" },
      { title: "out", align: "right" },
    ],
    candidates.map(({ name, labels, meanScore, price }) => [
      name,
      String(labels),
      quality(meanScore),
      price === undefined ? "" : usd(price.inputUsdPerMtok),
      price === undefined ? "" : usd(price.outputUsdPerMtok),
    ]),
  );
  return [
    `${table}\n`,
    ...Object.entries(dropped).map(([reason, count]) => `dropped ${count}: ${reason}\n`),
    ...(report.repeatedPrompts > 0 ? [`${report.repeatedPrompts} prompts equal an earlier one\n`] : []),
    ...notes.map((note) => `note: ${note}\n`),
    `${report.prompts} labelled prompts of ${report.records} records in ${out}${meta === undefined ? "" : `, prices in ${meta}`}\n`,
    `next: ipr train --data ${out}${meta === undefined ? " --prices FILE" : ""} --out my-bundle\n`,
  ].join("");
}
