import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { IprError } from "@ipr/errors";
import { parsePrices } from "@ipr/registry";
import { temporaryDirectory } from "@ipr/testing";
import { openDuckDb, quoteText } from "../data/duck-db.ts";
import { type LabelledPrompt, splitOf } from "../data/labelled-prompt.ts";
import { readLabelledPrompts } from "../data/read-labelled-prompts.ts";
import { minBattles } from "./arena.ts";
import { importData, type ImportReport } from "./import-data.ts";
import { importers } from "./importers.ts";

// The samples were written for these tests after each format's documentation; none is an excerpt of its data.

const wideCsv = `sample_id,prompt,eval_name,gpt-4,llama-2,gpt-4|model_response,gpt-4|total_cost,llama-2|model_response,llama-2|total_cost,oracle_model_to_route_to
sum.1,"What is 2 + 2?
Say why, ""please"".",grade-school,1.0,0.25,4,0.001,5,0.0001,gpt-4
sum.2,What is 3 + 3?,grade-school,True,,6,0.001,,,gpt-4
sum.2,What is 3 + 3?,grade-school,1.0,,6,0.001,,,gpt-4
sum.3,WHAT is  3 + 3?,grade-school,0.5,0.5,6,0.001,6,0.0001,gpt-4
`;

test("routerbench: the wide table, from CSV to every kind of file", async () => {
  await using world = await createWorld();
  const file = await world.write("wide.csv", wideCsv);
  for (const out of ["out.jsonl", "out.jsonl.gz", "out.parquet"]) {
    const { report, rows } = await world.import("routerbench", [file], out);
    assert.deepEqual(rows.map(essence), [
      ["routerbench/sum.1", "grade-school", { "gpt-4": 1, "llama-2": 0.25 }, {}],
      ["routerbench/sum.2", "grade-school", { "gpt-4": 1 }, {}],
      ["routerbench/sum.3", "grade-school", { "gpt-4": 0.5, "llama-2": 0.5 }, {}],
    ]);
    assert.equal(rows[0]?.text, 'What is 2 + 2?\nSay why, "please".');
    assert.equal(rows[0]?.split, splitOf("routerbench/sum.1"));
    assert.deepEqual([report.records, report.prompts, report.repeatedPrompts], [4, 3, 1]);
    assert.deepEqual(report.dropped, {
      "an answer without a score": 2,
      "a prompt with the id of an earlier one": 1,
    });
    assert.deepEqual(report.candidates, [
      { name: "gpt-4", labels: 3, meanScore: 2.5 / 3 },
      { name: "llama-2", labels: 2, meanScore: 0.375 },
    ]);
    assert.equal(report.meta, undefined);
  }
});

test("routerbench: the same table as Parquet and as a JSON list", async () => {
  await using world = await createWorld();
  const record = { sample_id: "a", prompt: "Why?", eval_name: "e", big: 0.5, "big|total_cost": 0.1 };
  const json = await world.write("wide.json", JSON.stringify([record], null, 2));
  const parquet = await world.parquet(
    "wide.parquet",
    `SELECT 'a' AS sample_id, 'Why?' AS prompt, 'e' AS eval_name, 0.5 AS big, 0.1 AS "big|total_cost"`,
  );
  for (const file of [json, parquet]) {
    const { rows } = await world.import("routerbench", [file]);
    assert.deepEqual(rows.map(essence), [["routerbench/a", "e", { big: 0.5 }, {}]]);
  }
});

test("llmrouterbench: runs become prompts, and costs that follow from the tokens become prices", async () => {
  await using world = await createWorld();
  const run = (records: object[]) => JSON.stringify({ performance: 0.5, cost: 0.1, records });
  const answer = (index: number, score: number, input: number, output: number, costUsd: number) => ({
    index,
    origin_query: `Question ${index}?`,
    prompt: `Answer this. Question ${index}?`,
    score,
    prompt_tokens: input,
    completion_tokens: output,
    cost: costUsd,
  });
  const big = await world.write(
    "bench/aime/test/gpt-5/1.json",
    run([answer(1, 1, 1000, 100, 0.00225), answer(2, 0, 100, 1000, 0.010125)]),
  );
  const small = await world.write(
    "bench/aime/test/qwen3-8b/1.json",
    run([answer(1, 0, 1000, 50, 0), answer(2, 0.5, 100, 20, 0)]),
  );
  const { report, rows } = await world.import("llmrouterbench", [big, small]);
  assert.deepEqual(rows.map(essence), [
    ["llmrouterbench/aime/test/1", "aime", { "gpt-5": 1, "qwen3-8b": 0 }, { "gpt-5": 100, "qwen3-8b": 50 }],
    [
      "llmrouterbench/aime/test/2",
      "aime",
      { "gpt-5": 0, "qwen3-8b": 0.5 },
      { "gpt-5": 1000, "qwen3-8b": 20 },
    ],
  ]);
  assert.equal(rows[0]?.text, "Question 1?");
  assert.ok(report.meta !== undefined);
  const { prices } = parsePrices(await readFile(report.meta, "utf8"), report.meta);
  assert.deepEqual([...prices.keys()], ["gpt-5"]);
  assert.deepEqual([prices.get("gpt-5")?.inputUsdPerMtok, prices.get("gpt-5")?.outputUsdPerMtok], [1.25, 10]);
  assert.match(report.notes.join("\n"), /qwen3-8b: its costs do not follow/);
});

test("sprout: a struct per model gives score and output tokens", async () => {
  await using world = await createWorld();
  const answer = (score: string, tokens: number) =>
    `{'response': 'r', 'score': ${score}, 'num_input_tokens': 9, 'num_output_tokens': ${tokens}}`;
  const file = await world.parquet(
    "train-00000-of-00001.parquet",
    `SELECT 'k1' AS key, 'openhermes' AS dataset, 'Why?' AS prompt, 'So.' AS golden_answer, ${answer("1.0", 12)} AS "openai-gpt-4o", ${answer("0.5", 7)} AS "wxai-llama"
     UNION ALL SELECT 'k2', 'openhermes', 'How?', 'Thus.', ${answer("0.0", 3)}, ${answer("NULL", 8)}`,
  );
  const { rows, report } = await world.import("sprout", [file]);
  assert.deepEqual(rows.map(essence), [
    [
      "sprout/k1",
      "openhermes",
      { "openai-gpt-4o": 1, "wxai-llama": 0.5 },
      { "openai-gpt-4o": 12, "wxai-llama": 7 },
    ],
    ["sprout/k2", "openhermes", { "openai-gpt-4o": 0 }, { "openai-gpt-4o": 3 }],
  ]);
  assert.deepEqual(report.dropped, { "an answer without a score": 1 });
});

test("embedllm: a row per answer becomes a row per prompt; of repeated answers the best counts", async () => {
  await using world = await createWorld();
  const train = await world.write(
    "train.csv",
    "prompt_id,model_id,category,label,model_name,prompt\n1,10,mmlu,1,org/big,Why?\n1,11,mmlu,0,org/small,Why?\n1,11,mmlu,1,org/small,Why?\n",
  );
  const test = await world.write(
    "test.csv",
    "prompt_id,model_id,category,label,model_name,prompt\n2,10,gsm8k,0,org/big,How many?\n",
  );
  const { rows, report } = await world.import("embedllm", [train, test]);
  assert.deepEqual(rows.map(essence), [
    ["embedllm/1", "mmlu", { "org/big": 1, "org/small": 1 }, {}],
    ["embedllm/2", "gsm8k", { "org/big": 0 }, {}],
  ]);
  assert.deepEqual(report.dropped, { "another answer of the same candidate to the same prompt": 1 });
});

test("routellm: evaluation answers and judged prompts, told apart by their columns", async () => {
  await using world = await createWorld();
  const answers = await world.write(
    "mmlu_anatomy.csv",
    "prompt,mixtral-8x7b-instruct-v0.1,gpt-4-1106-preview,gpt-4-1106-preview_response\nWhich bone?,False,True,B\n",
  );
  const judged = await world.write(
    "train.jsonl",
    `${JSON.stringify({ prompt: "Write a poem.", source: "sharegpt", mixtral_score: 4, gpt4_response: "…" })}\n`,
  );
  const { rows, report } = await world.import("routellm", [answers, judged]);
  assert.deepEqual(
    rows.map(({ source, scores }) => [source, scores]),
    [
      ["mmlu/anatomy", { "mixtral-8x7b-instruct-v0.1": 0, "gpt-4-1106-preview": 1 }],
      ["sharegpt", { "mixtral-8x7b-instruct-v0.1": 0.75 }],
    ],
  );
  assert.match(report.notes.join(), /gives the strong one no label/);
  const again = await world.import("routellm", [answers, judged], "again.jsonl");
  assert.deepEqual(
    again.rows.map(({ id }) => id),
    rows.map(({ id }) => id),
  );
});

test("arena: battles become soft labels, and rare candidates and bad rows are left out and counted", async () => {
  await using world = await createWorld();
  const battle = (id: string, a: string, b: string, winner: string, changes: object = {}) => ({
    question_id: id,
    model_a: a,
    model_b: b,
    winner,
    conversation_a: [
      { role: "user", content: `Prompt ${id}` },
      { role: "assistant", content: "…" },
      { role: "user", content: "And then?" },
    ],
    language: "English",
    anony: true,
    ...changes,
  });
  const many = Array.from({ length: minBattles }, (_, index) => [
    battle(`s${index}`, "strong", "weak", "model_a"),
    battle(`m${index}`, "middle", "strong", index % 2 === 0 ? "model_a" : "tie"),
    battle(`w${index}`, "weak", "middle", "tie (bothbad)"),
  ]).flat();
  const bad = [
    battle("rare", "strong", "rare", "model_a"),
    battle("self", "strong", "strong", "tie"),
    battle("named", "strong", "weak", "model_b", { anony: false }),
    battle("open", "strong", "weak", ""),
  ];
  const file = await world.write("battles.json", JSON.stringify([...many, ...bad]));
  const { rows, report } = await world.import("arena", [file]);
  assert.equal(rows.length, many.length);
  assert.deepEqual(report.dropped, {
    [`a battle of a candidate with fewer than ${minBattles}`]: 1,
    "a battle of a candidate against itself": 1,
    "a battle in which the names were shown": 1,
    "a battle without an outcome": 1,
  });
  const [won, tied, bothBad] = ["s0", "m1", "w0"].map((id) => rows.find((row) => row.id === `arena/${id}`)!);
  assert.equal(won?.text, "Prompt s0");
  assert.equal(won?.source, "arena/English");
  assert.ok(won.scores["strong"]! > 0.5 && won.scores["weak"]! < 0.5, JSON.stringify(won.scores));
  assert.deepEqual(Object.keys(tied!.scores).toSorted(), ["middle", "strong"]);
  assert.ok(bothBad!.scores["weak"]! < 0.5 && bothBad!.scores["middle"]! < 0.5);
  assert.match(report.notes.join(), /left out, with fewer than 30 battles: rare/);
});

test("arena: the 55k shape, with outcomes as flags and the prompt as JSON text", async () => {
  await using world = await createWorld();
  const header = "id,model_a,model_b,prompt,response_a,response_b,winner_model_a,winner_model_b,winner_tie";
  const lines = Array.from(
    { length: minBattles },
    (_, index) =>
      `${index},big,small,"[""First ${index}"",""Second""]","[""x"",""y""]","[""x"",""y""]",1,0,0`,
  );
  const file = await world.write("train.csv", [header, ...lines, ""].join("\n"));
  const { rows } = await world.import("arena", [file]);
  assert.equal(rows.length, minBattles);
  assert.deepEqual([rows[0]?.text, rows[0]?.scores], ["First 0", { big: 1, small: 0 }]);
});

test("helm: run folders give prompts, scores and output tokens; perturbed and repeated answers are dropped", async () => {
  await using world = await createWorld();
  const statistic = (name: string, mean: number) => ({
    name: { name, split: "test" },
    count: 1,
    sum: mean,
    mean,
  });
  const run = async (model: string, score: number) => {
    const folder = `runs/mmlu:subject=anatomy,method=joint,model=${model.replace("/", "_")}`;
    const instance = { id: "id7", input: { text: "Which bone?" }, split: "test" };
    await world.write(
      `${folder}/scenario_state.json`,
      JSON.stringify({
        adapter_spec: { method: "multiple_choice_joint", model },
        request_states: [{ instance, train_trial_index: 0, request: { prompt: "Five shots. Which bone?" } }],
      }),
    );
    const stats = [statistic("num_output_tokens", 3), statistic("exact_match", score)];
    return await world.write(
      `${folder}/per_instance_stats.json`,
      JSON.stringify([
        { instance_id: "id7", train_trial_index: 0, stats },
        { instance_id: "id7", train_trial_index: 1, stats },
        { instance_id: "id7", train_trial_index: 0, perturbation: { name: "robustness" }, stats },
      ]),
    );
  };
  const big = await run("openai/gpt-4", 1);
  const small = await run("meta/llama-7b", 0);
  const { rows, report } = await world.import("helm", [dirname(big), small]);
  assert.deepEqual(rows.map(essence), [
    [
      "helm/mmlu:subject=anatomy,method=joint/id7",
      "mmlu:subject=anatomy,method=joint",
      { "openai/gpt-4": 1, "meta/llama-7b": 0 },
      { "openai/gpt-4": 3, "meta/llama-7b": 3 },
    ],
  ]);
  assert.equal(rows[0]?.text, "Which bone?");
  assert.deepEqual(report.dropped, {
    "an answer of another trial than the first": 2,
    "an answer to a perturbed instance": 2,
  });
});

test("openai-evals: match and metrics events of several runs are joined by sample", async () => {
  await using world = await createWorld();
  const log = (candidate: string, correct: boolean) =>
    [
      { spec: { completion_fns: [candidate], eval_name: "my-eval.s1.v0", base_eval: "my-eval" } },
      event(0, "my-eval.s1.1", "sampling", {
        prompt: [
          { role: "system", content: "Be brief." },
          { role: "user", content: "Capital of France?" },
        ],
        sampled: ["Paris"],
      }),
      event(1, "my-eval.s1.1", "match", { correct, expected: "Paris", picked: "Paris" }),
      event(2, "my-eval.s1.2", "sampling", { prompt: "Grade me.", sampled: ["…"] }),
      event(3, "my-eval.s1.2", "sampling", { prompt: "You are grading…", sampled: ["B"] }),
      event(4, "my-eval.s1.2", "metrics", { choice: "B", score: 0.5 }),
      event(5, "my-eval.s1.3", "sampling", { prompt: "Unscored.", sampled: ["…"] }),
      { final_report: { accuracy: 0.5 } },
    ]
      .map((line) => JSON.stringify(line))
      .join("\n");
  const big = await world.write("big.jsonl", log("gpt-4", true));
  const small = await world.write("small.jsonl", log("gpt-3.5-turbo", false));
  const { rows, report } = await world.import("openai-evals", [big, small]);
  assert.deepEqual(rows.map(essence), [
    ["openai-evals/my-eval.s1.1", "my-eval", { "gpt-4": 1, "gpt-3.5-turbo": 0 }, {}],
    ["openai-evals/my-eval.s1.2", "my-eval", { "gpt-4": 0.5, "gpt-3.5-turbo": 0.5 }, {}],
  ]);
  assert.deepEqual(
    rows.map(({ text }) => text),
    ["Be brief.\n\nCapital of France?", "Grade me."],
  );
  assert.deepEqual(report.dropped, { "a sample without a score": 2 });
});

function event(id: number, sample: string, type: string, data: object): object {
  return { run_id: "r", event_id: id, sample_id: sample, type, data, created_by: "", created_at: "" };
}

const malformed: readonly (readonly [
  what: string,
  from: string,
  name: string,
  text: string,
  expected: RegExp,
])[] = [
  [
    "no id column",
    "routerbench",
    "a.csv",
    "prompt,m,m|total_cost\nWhy?,1,0\n",
    /no column sample_id; its columns are prompt, m/,
  ],
  [
    "no score columns",
    "routerbench",
    "a.csv",
    "sample_id,prompt\n1,Why?\n",
    /no score columns.*sample_id, prompt/,
  ],
  [
    "a score above 1",
    "routerbench",
    "a.csv",
    "sample_id,prompt,m,m|total_cost\n1,Why?,8,0\n",
    /row 1: the score "m" is 8, but must be between 0 and 1/,
  ],
  [
    "a score that is a word",
    "routerbench",
    "a.csv",
    "sample_id,prompt,m,m|total_cost\n1,Why?,ok,0\n",
    /row 1: "m" must be a number, and is "ok"/,
  ],
  [
    "a row of another length",
    "routerbench",
    "a.csv",
    "sample_id,prompt,m,m|total_cost\n1,Why?,1,0\n2,How?\n",
    /cannot be read as CSV/,
  ],
  ["a pickle", "routerbench", "a.pkl", "x", /is a pickle.*to_parquet\(".*a\.parquet"\)/],
  ["an unknown file", "routerbench", "a.xlsx", "x", /must end in \.parquet, \.csv/],
  ["no records", "llmrouterbench", "d/s/m/a.json", '{"performance": 1}', /no list "records".*performance/],
  ["half a document", "llmrouterbench", "d/s/m/a.json", '{"records": [', /is not JSON/],
  [
    "no model column",
    "sprout",
    "a.jsonl",
    '{"key": "1", "prompt": "Why?"}\n',
    /no model's column with \{score.*key, prompt/,
  ],
  [
    "no label",
    "embedllm",
    "a.csv",
    "prompt_id,prompt,model_id\n1,Why?,2\n",
    /no column label or correctness or correct; its columns are prompt_id, prompt, model_id/,
  ],
  ["no True or False", "routellm", "a.csv", "prompt,m\nWhy?,12\n", /no column of True and False.*prompt, m/],
  [
    "a mark beyond the scale",
    "routellm",
    "a.jsonl",
    '{"prompt": "Why?", "mixtral_score": 7}\n',
    /"mixtral_score" is 7, but must be between 1 and 5/,
  ],
  [
    "an unknown winner",
    "arena",
    "a.jsonl",
    '{"model_a": "a", "model_b": "b", "winner": "left", "prompt": "Why?"}\n',
    /"winner" is "left", but must be one of model_a/,
  ],
  [
    "too few battles",
    "arena",
    "a.jsonl",
    '{"model_a": "a", "model_b": "b", "winner": "tie", "prompt": "Why?"}\n',
    /leaves 0 candidates with 30 battles/,
  ],
  ["no state", "helm", "run/per_instance_stats.json", "[]", /scenario_state\.json does not exist/],
  [
    "no spec",
    "openai-evals",
    "a.jsonl",
    '{"sample_id": "1", "type": "match", "data": {"correct": true}}\n',
    /no line \{"spec"/,
  ],
  ["a line that is no object", "openai-evals", "a.jsonl", "[1]\n", /row 1: is not an object/],
  [
    "nothing with a score",
    "routerbench",
    "a.csv",
    "sample_id,prompt,m,m|total_cost\n1,Why?,,\n",
    /gives no labelled prompts: dropped 1 of an answer without a score; 1 of a prompt/,
  ],
];

for (const [what, from, name, text, expected] of malformed) {
  test(`${from}: ${what} is refused by name, and nothing is written`, async () => {
    await using world = await createWorld();
    const file = await world.write(name, text);
    await assert.rejects(world.import(from, [file]), (error) => {
      assert.ok(error instanceof IprError && error.reason === "BAD_DATA", String(error));
      assert.match(error.message, expected);
      assert.ok(error.message.startsWith(dirname(file)), error.message);
      return true;
    });
    assert.ok(!existsSync(world.out));
  });
}

test("a format that is not known is refused with those that are", async () => {
  await using world = await createWorld();
  await assert.rejects(world.import("mtbench", ["a.csv"]), /mtbench is not a format.*routerbench/);
  assert.equal(new Set(importers.map(({ name }) => name)).size, importers.length);
});

function essence({ id, source, scores, outputTokens }: LabelledPrompt): unknown[] {
  return [id, source, scores, outputTokens];
}

interface World extends AsyncDisposable {
  readonly out: string;
  write(name: string, text: string): Promise<string>;
  parquet(name: string, query: string): Promise<string>;
  import(
    from: string,
    files: readonly string[],
    out?: string,
  ): Promise<{ readonly report: ImportReport; readonly rows: readonly LabelledPrompt[] }>;
}

async function createWorld(): Promise<World> {
  const directory = await temporaryDirectory();
  const pathOf = async (name: string) => {
    const path = join(directory.path, name);
    await mkdir(dirname(path), { recursive: true });
    return path;
  };
  return {
    out: join(directory.path, "out.jsonl"),
    async write(name, text) {
      const path = await pathOf(name);
      await writeFile(path, text);
      return path;
    },
    async parquet(name, query) {
      const path = await pathOf(name);
      using duckDb = await openDuckDb();
      await duckDb.connection.run(`COPY (${query}) TO ${quoteText(path)} (FORMAT parquet)`);
      return path;
    },
    async import(from, files, name = "out.jsonl") {
      const out = await pathOf(name);
      const report = await importData({ from, files, out });
      return { report, rows: await Array.fromAsync(readLabelledPrompts(out)) };
    },
    [Symbol.asyncDispose]: () => directory[Symbol.asyncDispose](),
  };
}
