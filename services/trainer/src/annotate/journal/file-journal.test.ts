import assert from "node:assert/strict";
import { appendFile, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { temporaryDirectory } from "@ipr/testing";
import { openFileJournal } from "./file-journal.ts";
import type { JournalRecord } from "./journal-record.ts";

const answered = (key: string, chargedUsd: number, text = "ok"): JournalRecord => ({
  kind: "answered",
  key,
  prompt: "digest",
  model: "small",
  text,
  isCut: false,
  costUsd: chargedUsd,
  chargedUsd,
});

test("what was appended is there again, the last of a key", async () => {
  await using dir = await temporaryDirectory();
  const file = join(dir.path, "new", "j.jsonl");
  {
    await using journal = await openFileJournal(file);
    await Promise.all(["a", "b", "c"].map((key) => journal.append(answered(key, 0.25, `"ü\n${key}`))));
    await journal.append(answered("b", 0.5, "later"));
    assert.deepEqual(await journal.find("b"), answered("b", 0.5, "later"));
  }
  await using journal = await openFileJournal(file);
  assert.deepEqual(await journal.find("a"), answered("a", 0.25, '"ü\na'));
  assert.deepEqual(await journal.find("b"), answered("b", 0.5, "later"));
  assert.equal(await journal.find("d"), undefined);
});

test("a torn last line is forgotten, and what follows stands whole", async () => {
  await using dir = await temporaryDirectory();
  const file = join(dir.path, "j.jsonl");
  {
    await using journal = await openFileJournal(file);
    await journal.append(answered("a", 0));
  }
  await appendFile(file, '{"kind":"answered","key":"b","te');
  {
    await using journal = await openFileJournal(file);
    assert.equal(await journal.find("b"), undefined);
    await journal.append(answered("c", 0));
  }
  const lines = (await readFile(file, "utf8")).trimEnd().split("\n");
  assert.deepEqual(
    lines.map((line) => (JSON.parse(line) as JournalRecord).key),
    ["a", "c"],
  );
});

test("a broken line elsewhere is an error naming file and line", async () => {
  await using dir = await temporaryDirectory();
  const file = join(dir.path, "j.jsonl");
  await writeFile(file, `${JSON.stringify(answered("a", 0))}\n{"kind":"poem"}\n`);
  await assert.rejects(openFileJournal(file), /j\.jsonl:2 is not a record/);
  await assert.rejects(openFileJournal(file), /j\.jsonl:2 is not a record/, "the lock was released");
});

test("a call whose end nobody heard counts with the most it may have cost", async () => {
  await using dir = await temporaryDirectory();
  const file = join(dir.path, "j.jsonl");
  {
    await using journal = await openFileJournal(file);
    await journal.begin("a", 1);
    await journal.append(answered("a", 0.25));
    await journal.begin("b", 1);
    assert.equal(journal.chargedUsd, 1.25);
  }
  await using journal = await openFileJournal(file);
  assert.equal(journal.chargedUsd, 1.25);
  await journal.begin("b", 1);
  await journal.append(answered("b", 0.5));
  assert.equal(journal.chargedUsd, 1.75, "both tries count");
});

test("a second writer is refused while the first one lives, and a dead one's lock is taken over", async () => {
  await using dir = await temporaryDirectory();
  const file = join(dir.path, "j.jsonl");
  await writeFile(`${file}.lock`, "1");
  await assert.rejects(openFileJournal(file), /is being written by process 1/);
  await writeFile(`${file}.lock`, "999999999");
  await using journal = await openFileJournal(file);
  assert.equal(journal.chargedUsd, 0);
});
