import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { temporaryDirectory } from "@ipr/testing";
import type { Price } from "../evaluate/costs.ts";
import { type DataReport, reportOnData } from "./data-report.ts";
import { readTrainingData } from "./read-training-data.ts";

interface Row {
  readonly id?: string;
  readonly source?: string;
  readonly prompt?: string;
  readonly scores?: Readonly<Record<string, number>>;
  readonly output_tokens?: Readonly<Record<string, number>>;
  readonly split?: string;
}

/** Rows that nothing can be said against. */
const sound = Array.from({ length: 400 }, (_, i): Row => {
  const scores = { good: i % 4 === 0 ? 0 : 1, poor: i % 2 };
  return { scores, output_tokens: { good: 100, poor: 100 }, split: i % 10 === 0 ? "test" : "train" };
});
const prices = new Map<string, Price>([
  ["good", { inputUsdPerMtok: 1, outputUsdPerMtok: 4 }],
  ["poor", { inputUsdPerMtok: 0.1, outputUsdPerMtok: 0.4 }],
]);

test("sound data have no findings", async () => {
  const { findings, rows } = await reportOn(sound);
  assert.deepEqual(findings, []);
  assert.deepEqual(rows, { development: 360, test: 40 });
});

test("a prompt in train and test is left out and told", async () => {
  const leaked = { prompt: "Question  NUMBER 0 of the set?", split: "train" };
  await finds([...sound, leaked], /1 row of train and val share a prompt with a test row/);
});

test("repeated prompts are counted, exact and but for white space, and so are contradictions", async () => {
  const again = { prompt: "Question number 1 of the set?", scores: { good: 1, poor: 1 } };
  const spaced = { prompt: "Question number 2  of the set?", scores: { good: 0 } };
  const report = await reportOn([...sound, again, spaced]);
  has(report, /2 rows repeat an earlier prompt \(1 exactly/);
  has(report, /1 row repeat an earlier prompt with another score/);
});

test("candidates whose labels are too few, all equal, nearly all equal or on few prompts are named", async () => {
  const data = sound.map((row, i) => ({
    ...row,
    scores: {
      ...row.scores,
      same: 1,
      nearly: i === 1 ? 0 : 1,
      ...(i < 50 && { rare: i % 2 }),
      ...(i < 50 && { flat: 0.667 }),
      ...(i < 150 && { half: i % 2 }),
    },
  }));
  const report = await reportOn(data);
  has(report, /every label is the same: same \(all 1\)/);
  has(report, /every label is the same: flat \(all 0\.667\)/);
  has(report, /nearly every label is the same: nearly \(mean 0\.997\)/);
  has(report, /fewer than 100 labels, so predicted by the mean alone: flat \(45\), rare \(45\)/);
  has(report, /labelled on fewer than half of the prompts: half \(37\.5 %\)/);
  assert.equal(report.findings[0]!.severity, "problem", "the worst first");
});

test("a candidate that is dearer and not better is named with the one that beats it", async () => {
  const data = sound.map((row, i) => ({ ...row, scores: { ...row.scores, dear: i % 2 } }));
  const dear = new Map([...prices, ["dear", { inputUsdPerMtok: 9, outputUsdPerMtok: 9 }]]);
  has(await reportOn(data, dear), /dearer than another .* not better: dear \(by good\)/);
});

test("short prompts, other scripts, small sources and missing lengths are told", async () => {
  const data = sound.map(({ scores, split }) => ({ scores, split }) as Row);
  const odd = [
    { prompt: "ok?", source: "few" },
    { prompt: "Какая столица Франции?", source: "few" },
  ];
  const report = await reportOn([...data, ...odd]);
  has(report, /1 row have a prompt of fewer than 8 characters/);
  has(report, /1 row \(0\.3 %\) are mostly in another script/);
  has(report, /fewer than 20 rows of a source: few \(2\)/);
  has(report, /no output_tokens on most rows of every candidate/);
  has(await reportOn(sound.map((row) => ({ ...row, source: "" }))), /no row names its "source"/);
});

test("data without test rows cannot be measured", async () => {
  await finds(
    sound.map((row) => ({ ...row, split: "train" })),
    /no row is of split test/,
  );
});

test("every finding says what to do", async () => {
  const report = await reportOn(sound.slice(0, 60).map((row) => ({ ...row, source: "" })));
  assert.ok(report.findings.length > 1);
  assert.ok(report.findings.every(({ advice }) => advice.length > 10));
});

async function finds(rows: readonly Row[], what: RegExp): Promise<void> {
  has(await reportOn(rows), what);
}

function has({ findings }: DataReport, what: RegExp): void {
  assert.ok(
    findings.some((finding) => what.test(finding.what)),
    `${String(what)} in ${JSON.stringify(findings, null, 1)}`,
  );
}

async function reportOn(rows: readonly Row[], priced = prices): Promise<DataReport> {
  await using dir = await temporaryDirectory();
  const file = join(dir.path, "data.jsonl");
  const filled = rows.map((row, i) => ({
    id: `row-${i}`,
    source: "one",
    prompt: `Question number ${i} of the set?`,
    split: "train",
    scores: { good: 1, poor: 0 },
    ...row,
  }));
  await writeFile(file, filled.map((row) => JSON.stringify(row)).join("\n"));
  const data = await readTrainingData(
    { files: [file], candidates: undefined, encoder: undefined, seed: 7 },
    () => {},
  );
  return reportOnData(data, priced);
}
