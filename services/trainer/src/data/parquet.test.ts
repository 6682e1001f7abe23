import assert from "node:assert/strict";
import { mkdir, readdir, readFile, stat, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { IprError } from "@ipr/errors";
import { temporaryDirectory } from "@ipr/testing";
import * as fc from "fast-check";
import { openDuckDb, quoteText } from "./duck-db.ts";
import { type LabelledPrompt, splits } from "./labelled-prompt.ts";
import { readLabelledPrompts } from "./read-labelled-prompts.ts";
import { type LabelledRow, writeLabelledPrompts } from "./write-labelled-prompts.ts";

const wanted: LabelledPrompt = {
  id: "1",
  source: "s",
  text: "Why?",
  characters: 4,
  scores: { big: 1, small: 0.25 },
  outputTokens: { big: 10 },
  split: "val",
};
const plain = "1 AS id, 's' AS source, 'Why?' AS prompt, 'val' AS split";

const shapes: readonly (readonly [what: string, select: string])[] = [
  ["maps", `${plain}, MAP {'big': 1, 'small': 0.25} AS scores, MAP {'big': 10} AS output_tokens`],
  [
    "structs",
    `${plain}, {'big': 1, 'small': 0.25, 'other': NULL} AS scores, {'big': 10::TINYINT} AS output_tokens`,
  ],
  ["JSON text", `${plain}, '{"big": 1, "small": 0.25}' AS scores, '{"big": 10}'::JSON AS output_tokens`],
  [
    "a column each",
    `${plain}, 1::FLOAT AS "score.big", 0.25::DECIMAL(3, 2) AS "score.small", NULL::DOUBLE AS "score.other", 10::BIGINT AS "output_tokens.big"`,
  ],
  [
    "messages as structs",
    `1 AS id, 's' AS source, 'val' AS split, [{'role': 'user', 'content': 'Why?'}] AS messages, {'big': 1, 'small': 0.25} AS scores, {'big': 10} AS output_tokens`,
  ],
  [
    "messages of parts",
    `1 AS id, 's' AS source, 'val' AS split, [{'role': 'user', 'content': [{'type': 'text', 'text': 'Why?'}, {'type': 'image_url', 'text': NULL}]}] AS messages, {'big': 1, 'small': 0.25} AS scores, {'big': 10} AS output_tokens`,
  ],
  [
    "messages as JSON text",
    `1 AS id, 's' AS source, 'val' AS split, '[{"role": "user", "content": "Why?"}]' AS messages, {'big': 1, 'small': 0.25} AS scores, {'big': 10} AS output_tokens`,
  ],
];

for (const [what, select] of shapes) {
  test(`reads Parquet with ${what}; columns of others are passed over`, async () => {
    await using dir = await temporaryDirectory();
    const file = await parquet(dir.path, `SELECT ${select}, 'unread'::BLOB AS other, now() AS at`);
    assert.deepEqual(await Array.fromAsync(readLabelledPrompts(file)), [wanted]);
  });
}

const scores = "{'big': 0.5} AS scores";
const broken: readonly (readonly [what: string, last: string, expected: RegExp])[] = [
  ["a score above 1", "'a' AS id, 'Why?' AS prompt, {'big': 1.5} AS scores", /score of big must be/],
  [
    "a score that is no number",
    `'a' AS id, 'Why?' AS prompt, {'big': 'nan'::DOUBLE} AS scores`,
    /not finite/,
  ],
  ["no scores", "'a' AS id, 'Why?' AS prompt, {'big': NULL} AS scores", /"scores" is empty/],
  ["no prompt", `'a' AS id, NULL AS prompt, ${scores}`, /has no prompt/],
  ["no id", `NULL AS id, 'Why?' AS prompt, ${scores}`, /"id"/],
];
const good = `'good' AS id, 'Why?' AS prompt, ${scores}`;

for (const [what, last, expected] of broken) {
  test(`${what} in Parquet is refused, naming file and row`, async () => {
    await using dir = await temporaryDirectory();
    const file = await parquet(dir.path, `SELECT ${good} UNION ALL SELECT ${last}`);
    await assert.rejects(Array.fromAsync(readLabelledPrompts(file)), isBadData(file, 2, expected));
  });
}

test("text that is not JSON and columns that hold no labels are refused, naming the field", async () => {
  await using dir = await temporaryDirectory();
  const text = await parquet(dir.path, "SELECT 'a' AS id, 'Why?' AS prompt, 'big=1' AS scores");
  await assert.rejects(Array.fromAsync(readLabelledPrompts(text)), isBadData(text, 1, /"scores" must be/));
  const number = await parquet(dir.path, "SELECT 'a' AS id, 'Why?' AS prompt, 5 AS scores");
  await assert.rejects(Array.fromAsync(readLabelledPrompts(number)), isBadData(number, 1, /"scores"/));
});

test("what is not a Parquet file, or half of one, is refused by name", async () => {
  await using dir = await temporaryDirectory();
  const file = await parquet(dir.path, `SELECT ${good} FROM range(1000)`);
  await truncate(file, (await stat(file)).size - 20);
  await assert.rejects(
    Array.fromAsync(readLabelledPrompts(file)),
    isBadData(file, 0, /is the file complete/),
  );
  const text = join(dir.path, "text.parquet");
  await writeFile(text, "id,prompt\n1,Why?\n");
  await assert.rejects(Array.fromAsync(readLabelledPrompts(text)), isBadData(text, 0, /as Parquet/));
  const folder = join(dir.path, "folder.parquet");
  await mkdir(folder);
  await assert.rejects(Array.fromAsync(readLabelledPrompts(folder)), isBadData(folder, 0, /is a directory/));
});

test("addresses and patterns are names of files that are not there", async () => {
  for (const file of ["https://example.com/a.parquet", "s3://bucket/a.parquet", "no.parquet"]) {
    await assert.rejects(Array.fromAsync(readLabelledPrompts(file)), isBadData(file, 0, /does not exist/));
  }
  await assert.rejects(
    Array.fromAsync(readLabelledPrompts("*.parquet")),
    isBadData("*.parquet", 0, /rename it/),
  );
});

test("DuckDB has no way to the network: nothing is installed or loaded, and nobody can change that", async () => {
  using duckDb = await openDuckDb();
  const address = "SELECT * FROM read_parquet('https://localhost:1/a.parquet')";
  await assert.rejects(duckDb.connection.run(address), /requires the extension httpfs/);
  await assert.rejects(duckDb.connection.run("SET autoinstall_known_extensions = true"), /locked/);
});

test("folders named like a value add no column", async () => {
  await using dir = await temporaryDirectory();
  await mkdir(join(dir.path, "split=test"));
  const file = await parquet(join(dir.path, "split=test"), `SELECT ${good}, 'val' AS split`);
  const [row] = await Array.fromAsync(readLabelledPrompts(file));
  assert.equal(row?.split, "val");
});

test("two columns whose names differ only in case are refused rather than renamed", async () => {
  await using dir = await temporaryDirectory();
  const file = await parquet(
    dir.path,
    `SELECT 'a' AS id, 'Why?' AS prompt, 1 AS "score.Big", 0 AS "score.bog"`,
  );
  const bytes = await readFile(file, "latin1");
  await writeFile(file, bytes.replaceAll("score.bog", "score.big"), "latin1");
  await assert.rejects(
    Array.fromAsync(readLabelledPrompts(file)),
    isBadData(file, 0, /differ only in case, near "score.big/),
  );
});

test("rows keep their order across row groups, and reading may stop early", async () => {
  await using dir = await temporaryDirectory();
  const rows = Array.from({ length: 50_000 }, (_, i) => ({ id: `${i}`, prompt: "Why?", scores: { big: 1 } }));
  const file = join(dir.path, "rows.parquet");
  assert.equal(await writeLabelledPrompts(file, rows), 50_000);
  let expected = 0;
  for await (const { id } of readLabelledPrompts(file)) {
    assert.equal(id, `${expected++}`);
  }
  assert.equal(expected, 50_000);
  for await (const { id } of readLabelledPrompts(file)) {
    assert.equal(id, "0");
    break;
  }
});

test("what is written is what is read, in every kind of file", async () => {
  await using dir = await temporaryDirectory();
  const name = fc.string({ unit: "grapheme", minLength: 1 }).filter((text) => text !== "__proto__");
  const rowOf = fc.record({
    id: fc.string({ unit: "grapheme", minLength: 1 }),
    source: fc.string({ unit: "grapheme" }),
    prompt: fc.string({ unit: "grapheme", minLength: 1 }).filter((text) => text.trim() !== ""),
    scores: fc.dictionary(name, fc.double({ min: 0, max: 1, noNaN: true }), {
      minKeys: 1,
      noNullPrototype: true,
    }),
    outputTokens: fc.dictionary(name, fc.nat(), { noNullPrototype: true }),
    split: fc.constantFrom(...splits),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(rowOf, { minLength: 1, maxLength: 5 }), async (rows) => {
      const expected = rows.map(({ prompt, ...rest }) => ({
        ...rest,
        text: prompt,
        characters: prompt.length,
      }));
      for (const kind of [".jsonl", ".jsonl.gz", ".parquet"]) {
        const file = join(dir.path, `rows${kind}`);
        await writeLabelledPrompts(file, rows);
        const read = await Array.fromAsync(readLabelledPrompts(file));
        assert.deepEqual(read.map(withoutNegativeZero), expected.map(withoutNegativeZero));
      }
    }),
    { numRuns: 40 },
  );
});

test("a writer that fails leaves nothing behind, and an older file as it was", async () => {
  await using dir = await temporaryDirectory();
  const file = join(dir.path, "rows.parquet");
  const row: LabelledRow = { id: "a", prompt: "Why?", scores: { big: 1 } };
  await writeLabelledPrompts(file, [row]);
  async function* failing(): AsyncGenerator<LabelledRow> {
    yield { ...row, id: "b" };
    throw new Error("the source is gone");
  }
  await assert.rejects(writeLabelledPrompts(file, failing()), /the source is gone/);
  assert.deepEqual(await readdir(dir.path), ["rows.parquet"]);
  const [left] = await Array.fromAsync(readLabelledPrompts(file));
  assert.equal(left?.id, "a");
});

/** JSON has no negative zero. */
function withoutNegativeZero<Row extends Pick<LabelledPrompt, "scores">>(row: Row): Row {
  return {
    ...row,
    scores: Object.fromEntries(Object.entries(row.scores).map(([name, score]) => [name, score + 0])),
  };
}

async function parquet(directory: string, query: string): Promise<string> {
  const file = join(directory, "rows.parquet");
  using duckDb = await openDuckDb();
  await duckDb.connection.run(`COPY (${query}) TO ${quoteText(file)} (FORMAT parquet)`);
  return file;
}

function isBadData(file: string, row: number, expected: RegExp): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof IprError, String(error));
    assert.equal(error.reason, "BAD_DATA");
    assert.deepEqual(error.metadata, { file, line: String(row) });
    assert.match(error.message, expected);
    assert.ok(error.message.startsWith(row === 0 ? file : `${file} row ${row}: `), error.message);
    return true;
  };
}
