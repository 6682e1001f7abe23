import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { IprError } from "@ipr/errors";
import * as fc from "fast-check";
import { joinData } from "./join-data.ts";
import { type LabelledPrompt, splitOf } from "./labelled-prompt.ts";
import { readLabelledPrompts } from "./read-labelled-prompts.ts";
import { maxLineBytes, readLines } from "./read-lines.ts";

const good = { id: "a", source: "s/x", prompt: "Why?", scores: { big: 1, small: 0.25 }, split: "val" };

test("reads rows as they are, plain or packed", async () => {
  await using dir = await temporaryDirectory();
  const text = `${JSON.stringify(good)}\n\n${JSON.stringify({ ...good, id: 2, output_tokens: { big: 10 } })}\r\n`;
  const plain = await dir.write("rows.jsonl", text);
  const packed = await dir.write("rows.jsonl.gz", gzipSync(text));
  const expected: LabelledPrompt[] = [
    {
      id: "a",
      source: "s/x",
      text: "Why?",
      characters: 4,
      scores: { big: 1, small: 0.25 },
      outputTokens: {},
      split: "val",
    },
    {
      id: "2",
      source: "s/x",
      text: "Why?",
      characters: 4,
      scores: { big: 1, small: 0.25 },
      outputTokens: { big: 10 },
      split: "val",
    },
  ];
  assert.deepEqual(await Array.fromAsync(readLabelledPrompts(plain)), expected);
  assert.deepEqual(await Array.fromAsync(readLabelledPrompts(packed)), expected);
});

test("null means not given: a missing label is not a zero", async () => {
  await using dir = await temporaryDirectory();
  const file = await dir.rows({ ...good, scores: { big: null, small: 0 }, output_tokens: null, split: null });
  const [row] = await Array.fromAsync(readLabelledPrompts(file));
  assert.deepEqual(row?.scores, { small: 0 });
  assert.equal(row?.split, splitOf("a"));
});

test("a conversation is everything said in it", async () => {
  await using dir = await temporaryDirectory();
  const messages = [
    { role: "system", content: "Be brief." },
    { role: "user", content: [{ type: "text", text: "Why?" }] },
  ];
  const { prompt: _, ...rest } = good;
  const [row] = await Array.fromAsync(readLabelledPrompts(await dir.rows({ ...rest, messages })));
  assert.equal(row?.text, "Be brief.\n\nWhy?");
});

const broken: readonly (readonly [what: string, line: string, expected: RegExp])[] = [
  ["a line that is not JSON", '{"id": "b", "prompt"', /is not a JSON object/],
  ["a line that is no object", "[1]", /expected object/],
  [
    "a score above 1",
    row({ scores: { big: 1.5 } }),
    /score of big must be a number between 0 and 1 .*divide by 100/,
  ],
  ["a score below 0", row({ scores: { big: -0.1 } }), /score of big/],
  ["a score that is a word", row({ scores: { big: "good" } }), /score of big/],
  ["a row without scores", row({ scores: undefined }), /"scores" is missing: \{"<candidate>": 0\.\.1\}/],
  ["no scores", row({ scores: {} }), /"scores" is empty/],
  ["no prompt", row({ prompt: undefined }), /has no prompt/],
  ["an empty prompt", row({ prompt: "  " }), /has no prompt/],
  ["no id", row({ id: undefined }), /"id" is missing or empty/],
  ["another split", row({ split: "dev" }), /"split"/],
  ["tokens below 0", row({ output_tokens: { big: -1 } }), /"output_tokens.big"/],
];

for (const [what, line, expected] of broken) {
  test(`${what} is refused, naming file and line`, async () => {
    await using dir = await temporaryDirectory();
    const file = await dir.write("rows.jsonl", `${JSON.stringify(good)}\n\n${line}\n`);
    await assert.rejects(Array.fromAsync(readLabelledPrompts(file)), isBadData(file, 3, expected));
  });
}

test("bytes that are not UTF-8 are refused, naming the line", async () => {
  await using dir = await temporaryDirectory();
  const file = await dir.write(
    "rows.jsonl",
    Buffer.concat([Buffer.from(`${JSON.stringify(good)}\n`), Buffer.of(0xff)]),
  );
  await assert.rejects(Array.fromAsync(readLabelledPrompts(file)), isBadData(file, 2, /not valid UTF-8/));
});

test("a packed file that ends early is refused after the rows before the break", async () => {
  await using dir = await temporaryDirectory();
  const packed = gzipSync(
    Array.from({ length: 2000 }, (_, i) => JSON.stringify({ ...good, id: `${i}` })).join("\n"),
  );
  const file = await dir.write("rows.jsonl.gz", packed.subarray(0, packed.length - 100));
  await assert.rejects(Array.fromAsync(readLabelledPrompts(file)), (error) => {
    assert.ok(error instanceof IprError && error.reason === "BAD_DATA", String(error));
    assert.match(error.message, /rows\.jsonl\.gz:\d+ cannot be unpacked/);
    return true;
  });
});

test("a missing file, a directory and another kind of file are refused by name", async () => {
  await using dir = await temporaryDirectory();
  const missing = join(dir.path, "no.jsonl");
  await assert.rejects(
    Array.fromAsync(readLabelledPrompts(missing)),
    isBadData(missing, 0, /does not exist/),
  );
  await assert.rejects(
    Array.fromAsync(readLabelledPrompts("rows.csv")),
    isBadData("rows.csv", 0, /must end in .jsonl/),
  );
});

test("a line without an end is refused before it fills the memory", async () => {
  await using dir = await temporaryDirectory();
  const file = await dir.write("rows.jsonl", Buffer.alloc(maxLineBytes + 1, "x"));
  await assert.rejects(Array.fromAsync(readLabelledPrompts(file)), isBadData(file, 1, /longer than/));
});

test("lines survive any cut of the stream", async () => {
  await using dir = await temporaryDirectory();
  const line = fc.string({ unit: "grapheme" }).map((text) => text.replaceAll(/[\r\n\uFEFF]/g, ""));
  await fc.assert(
    fc.asyncProperty(fc.array(line, { maxLength: 20 }), async (lines) => {
      const file = await dir.write("lines.txt", lines.join("\n"));
      const expected = lines
        .map((text, i) => ({ number: i + 1, text }))
        .filter(({ text }) => text.trim() !== "");
      assert.deepEqual(await Array.fromAsync(readLines(file)), expected);
    }),
    { numRuns: 50 },
  );
});

test("a row without a split gets one from its id, eight, one and one in ten", () => {
  const counts = { train: 0, val: 0, test: 0 };
  for (let i = 0; i < 5000; i++) counts[splitOf(`row-${i}`)]++;
  assert.ok(Math.abs(counts.train - 4000) < 150 && Math.abs(counts.val - 500) < 100, JSON.stringify(counts));
  assert.equal(splitOf("row-1"), splitOf("row-1"));
});

test("files are joined: rows of one id are one prompt with all its labels", async () => {
  await using dir = await temporaryDirectory();
  const first = await dir.rows(good, { ...good, id: "only here" });
  const second = await dir.write("more.jsonl", JSON.stringify({ ...good, scores: { other: 0.5 } }));
  const rows = await joinData([first, second]);
  assert.deepEqual(
    rows.map(({ id }) => id),
    ["a", "only here"],
  );
  assert.deepEqual(rows[0]?.scores, { big: 1, small: 0.25, other: 0.5 });
});

test("files that contradict each other are refused", async () => {
  await using dir = await temporaryDirectory();
  const first = await dir.rows(good);
  const otherPrompt = await dir.write("prompt.jsonl", JSON.stringify({ ...good, prompt: "How?" }));
  const otherScore = await dir.write("score.jsonl", JSON.stringify({ ...good, scores: { big: 0 } }));
  const empty = await dir.write("empty.jsonl", "\n\n");
  await assert.rejects(joinData([first, otherPrompt]), isBadData(otherPrompt, 0, /"a" whose prompt/));
  await assert.rejects(joinData([first, otherScore]), isBadData(otherScore, 0, /another score for big/));
  await assert.rejects(joinData([first, empty]), isBadData(empty, 0, /has no rows/));
});

function row(changes: Record<string, unknown>): string {
  return JSON.stringify({ ...good, ...changes });
}

function isBadData(file: string, line: number, expected: RegExp): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof IprError, String(error));
    assert.equal(error.reason, "BAD_DATA");
    assert.deepEqual(error.metadata, { file, line: String(line) });
    assert.match(error.message, expected);
    assert.ok(error.message.startsWith(line === 0 ? file : `${file}:${line} `), error.message);
    return true;
  };
}

interface Directory extends AsyncDisposable {
  readonly path: string;
  write(name: string, content: string | Uint8Array): Promise<string>;
  rows(...rows: readonly object[]): Promise<string>;
}

async function temporaryDirectory(): Promise<Directory> {
  const path = await mkdtemp(join(tmpdir(), "ipr-data-"));
  const write: Directory["write"] = async (name, content) => {
    await writeFile(join(path, name), content);
    return join(path, name);
  };
  return {
    path,
    write,
    rows: (...rows) => write("rows.jsonl", rows.map((row) => JSON.stringify(row)).join("\n")),
    [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }),
  };
}
