import assert from "node:assert/strict";
import { cp, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { loadEncoder } from "@ipr/estimator";
import type { Figure } from "@ipr/evaluation";
import { writeLabelledPrompts } from "../src/data/write-labelled-prompts.ts";
import { evaluate, evaluationJson, formatEvaluation, train } from "../src/index.ts";
import { easyAndHard, type World } from "./fixtures/easy-and-hard.ts";

const optionsFor = ({ bundle, encoder, data }: World) => ({ bundle, encoder, data: [data], resamples: 200 });

function assertFigure(figure: Figure, name: string): void {
  assert.ok(figure.low <= figure.value && figure.value <= figure.high, `${name}: ${JSON.stringify(figure)}`);
}

test("a bundle that knows which prompts are hard beats the static frontier and saves at every target", async () => {
  await using world = await easyAndHard();
  const evaluation = await evaluate(optionsFor(world));

  assert.equal(evaluation.rows, 200);
  assert.deepEqual(evaluation.candidates, ["small", "large"]);
  assert.equal(evaluation.cheapest, "small");
  assert.equal(evaluation.reference, "large");
  assert.equal(evaluation.verdict.conclusion, "beats");
  for (const [name, figure] of Object.entries(evaluation.prediction)) assertFigure(figure, name);
  assert.ok(evaluation.prediction.r2.value > 0.25, `${evaluation.prediction.r2.value}`);
  for (const rule of ["gate", "utility"] as const) {
    const { area, rescaled, targets, chosen } = evaluation.rules[rule];
    assert.ok(area.low > evaluation.references.frontier.area.high, rule);
    assert.ok(rescaled.value > 0.5);
    assert.equal(chosen, "out-of-fold");
    for (const target of ["0.97", "0.95"] as const) {
      assertFigure(targets[target].qualityRatio, `${rule} ${target}`);
      assert.ok(targets[target].saving.low > 0.3, `${rule} ${target}`);
    }
  }
  assert.equal(evaluation.references.random.area.value, 0.5);
  assert.ok(evaluation.references.oracle.area.value > evaluation.rules.utility.area.value);
  assert.ok(evaluation.references.shuffled.area.value < evaluation.rules.utility.area.low);
  assert.ok(
    evaluation.references.source.area.value < evaluation.rules.utility.area.low,
    "sources tell nothing here",
  );
  assert.ok(evaluation.apgr!.value > 0.6);
});

test("says what it left out and why", async () => {
  await using world = await easyAndHard();
  const { excludedCandidates, excludedRows } = await evaluate(optionsFor(world));
  assert.deepEqual(excludedCandidates, [
    { name: "third", reason: "the data have no label of it" },
    { name: "stranger", reason: "the bundle does not know it" },
  ]);
  assert.deepEqual(excludedRows, [{ reason: "of another split", rows: 400 }]);
});

test("the JSON has the documented keys, and null where the data define no figure", async () => {
  await using world = await easyAndHard();
  const printed = JSON.parse(evaluationJson(await evaluate({ ...optionsFor(world), resamples: 20 })));
  for (const key of ["rows", "candidates", "prediction", "rules", "references", "apgr"])
    assert.ok(key in printed, key);
  for (const key of ["r2", "auc", "ece", "mae"])
    assert.deepEqual(Object.keys(printed.prediction[key]), figureKeys);
  for (const rule of ["gate", "utility"]) {
    const { area, rescaled, targets } = printed.rules[rule];
    assert.deepEqual(Object.keys(area), figureKeys);
    assert.deepEqual(Object.keys(rescaled), figureKeys);
    assert.deepEqual(Object.keys(targets), ["1.00", "0.99", "0.97", "0.95"]);
    assert.deepEqual(Object.keys(targets["0.97"].saving), figureKeys);
    assert.deepEqual(Object.keys(targets["0.97"].qualityRatio), figureKeys);
  }
  for (const name of ["frontier", "random", "oracle"]) {
    assert.deepEqual(Object.keys(printed.references[name].area), figureKeys);
  }
  assert.doesNotMatch(JSON.stringify(printed), /NaN|Infinity/);
});
const figureKeys = ["value", "low", "high"];

test("an equal seed gives an equal evaluation, another one other intervals and the same values", async () => {
  await using world = await easyAndHard();
  const first = await evaluate({ ...optionsFor(world), seed: 5 });
  assert.deepEqual(await evaluate({ ...optionsFor(world), seed: 5 }), first);
  const other = await evaluate({ ...optionsFor(world), seed: 6 });
  assert.equal(other.prediction.r2.value, first.prediction.r2.value);
  assert.notEqual(other.prediction.r2.low, first.prediction.r2.low);
});

test("a candidate without a price is left out by name, and two without prices leave no pool", async () => {
  await using world = await easyAndHard();
  const prices = join(world.path, "prices.json");
  const price = { input_per_1m_usd: 1, output_per_1m_usd: 1, source: "made up", as_of: "2026-01-01" };
  await writeFile(prices, JSON.stringify({ prices: { large: price } }));
  await assert.rejects(evaluate({ ...optionsFor(world), prices }), {
    reason: "INVALID_FIELD",
    message: /routing needs 2\. Left out: small \(it has no price\)/,
  });
  await assert.rejects(evaluate({ ...optionsFor(world), pool: ["small", "third"] }), {
    message: /third cannot be evaluated: the data have no label of it\. Possible: small, large/,
  });
});

test("with a registry the router gives pool and reference, and candidates the answer lengths that data lack", async () => {
  await using world = await easyAndHard();
  const prices = join(world.path, "registry.yaml");
  const price = (usd: number) =>
    `{ inputUsdPerMtok: ${usd}, outputUsdPerMtok: ${usd}, source: "made up", asOf: "2026-01-01" }`;
  await writeFile(
    prices,
    `candidates:
  - { name: small, price: ${price(0.1)}, expectedOutputTokens: 1000 }
  - { name: large, price: ${price(1)} }
routers:
  - { name: dear, candidates: [large, small], reference: large, tolerance: 0.1 }
  - { name: odd, candidates: [small, large], reference: small, tolerance: 0.1 }
`,
  );
  const rows = (await readFile(world.data, "utf8")).split("\n").map((line) => JSON.parse(line));
  const data = join(world.path, "no-lengths.jsonl");
  await writeFile(data, rows.map((row) => JSON.stringify({ ...row, output_tokens: undefined })).join("\n"));
  const options = { ...optionsFor(world), data: [data], prices, resamples: 20 };

  const matched = await evaluate(options);
  assert.deepEqual([matched.reference, matched.referenceOrigin], ["large", "of router dear"]);
  assert.match(formatEvaluation(matched), /reference large \(of router dear\)/);
  const { small, large } = matched.perCandidate;
  // About 4 input tokens each; 1,000 expected and 200 assumed output tokens.
  assert.ok(Math.abs(small!.costUsd.value / 0.1e-6 - 1004) < 3, `${small!.costUsd.value}`);
  assert.ok(Math.abs(large!.costUsd.value / 1e-6 - 204) < 3, `${large!.costUsd.value}`);
  assert.match(
    matched.notes.join("\n"),
    /expectedOutputTokens of the registry taken for small\n.*200 output tokens assumed for large/,
  );

  const named = await evaluate({ ...options, router: "odd" });
  assert.deepEqual(named.candidates, ["small", "large"]);
  assert.equal(named.referenceOrigin, "best mean quality");
  assert.match(named.notes.join("\n"), /reference of router odd, small, is on average not better/);
  await assert.rejects(evaluate({ ...options, router: "none" }), /but the registry has dear, odd/);
  await assert.rejects(evaluate({ ...optionsFor(world), router: "dear" }), /give --prices FILE/);
});

test("an encoder that the bundle was not trained with is refused", async () => {
  await using world = await easyAndHard();
  const other = join(world.path, "other-encoder");
  await cp(world.encoderDirectory, other, { recursive: true });
  const manifest = await readFile(join(other, "encoder.json"), "utf8");
  await writeFile(join(other, "encoder.json"), manifest.replace("two-words", "other-words"));
  await assert.rejects(evaluate({ ...optionsFor(world), encoder: await loadEncoder(other) }), {
    reason: "WRONG_ENCODER",
    message: /was trained with the encoder two-words@sha256:\w+, not with other-words@/,
  });
});

test("a broken line of the data is named", async () => {
  await using world = await easyAndHard();
  await writeFile(world.data, `${await readFile(world.data, "utf8")}\n{"id": 1`);
  await assert.rejects(evaluate(optionsFor(world)), { reason: "BAD_DATA", message: /data\.jsonl:601 / });
});

test("without other rows it chooses on the measured ones and says so", async () => {
  await using world = await easyAndHard();
  const evaluation = await evaluate({ ...optionsFor(world), split: "all" });
  assert.equal(evaluation.rows, 600);
  assert.equal(evaluation.rules.gate.chosen, "evaluated-rows");
  assert.match(evaluation.notes.join("\n"), /no rows outside the measured split/);
  assert.match(
    formatEvaluation(evaluation),
    /no other rows: the static frontier is chosen on the measured ones/,
  );
});

test("rows the bundle was trained on are never measured, whatever split they are said to be in or their id", async () => {
  await using world = await easyAndHard();
  const bundle = join(world.path, "trained");
  await train({
    data: [world.data],
    encoder: world.encoderDirectory,
    out: bundle,
    candidates: ["small", "large"],
    hyperparameters: { hidden: 4, maxEpochs: 12, learningRate: 0.01 },
    folds: 2,
  });
  const options = { ...optionsFor(world), bundle, resamples: 20 };
  const measured = await evaluate(options);
  assert.deepEqual(measured.excludedRows, [{ reason: "of another split", rows: 400 }]);
  const all = await evaluate({ ...options, split: "all" });
  assert.deepEqual(all.excludedRows, [{ reason: "that the bundle was trained on", rows: 400 }]);
  assert.deepEqual(all.prediction, measured.prediction);
  assert.equal(all.rules.utility.chosen, "out-of-fold");

  const renamed = join(world.path, "renamed.jsonl");
  const rows = (await readFile(world.data, "utf8")).split("\n").map((line) => JSON.parse(line));
  await writeFile(
    renamed,
    rows.map((row) => JSON.stringify({ ...row, id: `new-${row.id}`, split: "test" })).join("\n"),
  );
  const prices = world.data.replace(".jsonl", ".meta.json");
  const again = await evaluate({ ...options, data: [renamed], prices });
  assert.equal(again.rows, 200);
  assert.deepEqual(again.excludedRows, [{ reason: "that the bundle was trained on", rows: 400 }]);
  await assert.rejects(evaluate({ ...options, split: "train" }), {
    reason: "INVALID_FIELD",
    message: /0 rows can be measured.*trained on 400 of the 400 rows \(train\)/,
  });
});

test("the terminal text has every reference row and ends in the verdict", async () => {
  await using world = await easyAndHard();
  const evaluation = await evaluate(optionsFor(world));
  const text = formatEvaluation(evaluation);
  for (const row of [
    "random mixing",
    "always the cheapest: small",
    "always the reference: large",
    "best single, in hindsight: large",
    "static frontier",
    "source only, utility rule",
    "per-prompt oracle",
  ]) {
    assert.ok(text.includes(row), row);
  }
  assert.equal(text.trimEnd().split("\n").at(-1), `Verdict: ${evaluation.verdict.text}`);
  assert.match(text, /0\.97 {2}gate .* tolerance 0\.\d+ +ratio [01]\.\d{3}, saves \d+\.\d%\n/);
  assert.match(text, /0\.97 {2}utility rule.* USD weight \S+ +ratio [01]\.\d{3}, saves \d+\.\d%\n/);
  assert.match(
    text,
    /^The static frontier is chosen on 400 other rows, .*gate out-of-fold, utility out-of-fold/m,
  );
  assert.match(evaluation.verdict.text, /on 200 rows/);
  assert.doesNotMatch(text, /oracle_tolerance/);
  assert.ok(
    text.indexOf("\nTargets") < text.indexOf("\nArea under"),
    "what to expect comes before what to compare",
  );
  const areas = text
    .split("\n")
    .filter((line) => /\] {3}|\d {3}|\]$/.test(line) && line.includes("frontier"));
  assert.ok(areas.length > 0);
});

test("the report is one file that fetches nothing, escapes names and replaces an older report whole", async () => {
  await using world = await easyAndHard();
  const report = join(world.path, "reports", "report.html");
  await mkdir(join(world.path, "reports"));
  const marked = join(world.path, "<b>data.jsonl");
  await cp(world.data, marked);
  const prices = world.data.replace(".jsonl", ".meta.json");
  await evaluate({ ...optionsFor(world), data: [marked], prices, report });
  const { verdict } = await evaluate({ ...optionsFor(world), data: [marked], prices, report });

  const html = await readFile(report, "utf8");
  assert.deepEqual(await readdir(join(world.path, "reports")), ["report.html"]);
  assert.ok(html.startsWith("<!doctype html>") && html.trimEnd().endsWith("</html>"));
  assert.ok(html.includes(verdict.conclusion));
  assert.equal(html.match(/<svg viewBox="0 0 760 420"/g)?.length, 2, "the curve and the reliability diagram");
  assert.doesNotMatch(html, /<script|<link|https?:|url\(|<b>data|NaN|undefined/);
  assert.match(html, /prefers-color-scheme: dark/);
});

test("a Parquet file gives the evaluation that its JSON Lines give", async () => {
  await using world = await easyAndHard();
  const parquet = join(world.path, "same.parquet");
  const rows = (await readFile(world.data, "utf8")).split("\n").map((line) => JSON.parse(line));
  const written = await writeLabelledPrompts(
    parquet,
    rows.map(({ output_tokens: outputTokens, ...row }) => ({ ...row, outputTokens })),
  );
  assert.equal(written, 600);
  const prices = world.data.replace(/\.jsonl$/, ".meta.json");
  const lines = await evaluate({ ...optionsFor(world), prices });
  const table = await evaluate({ ...optionsFor(world), data: [parquet], prices });
  assert.deepEqual({ ...table, data: lines.data }, lines);
});

test("reports progress in stages that each come to an end", async () => {
  await using world = await easyAndHard();
  const last = new Map<string, string>();
  await evaluate(optionsFor(world), ({ stage, done, total }) => last.set(stage, `${done}/${total}`));
  assert.deepEqual(Object.fromEntries(last), {
    "read data": "1/1",
    estimate: "200/200",
    "estimate rows to choose on": "400/400",
    resample: "400/400",
    "read prompts for the controls": "600/600",
    controls: "200/200",
  });
  await rm(world.bundle, { recursive: true });
  await assert.rejects(evaluate(optionsFor(world)), { reason: "BAD_BUNDLE" });
});
