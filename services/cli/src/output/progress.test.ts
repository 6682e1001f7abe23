import assert from "node:assert/strict";
import { test } from "node:test";
import { progressPrinter } from "./progress.ts";

test("without a terminal there is a line a stage, and one every ten seconds with speed and time left", () => {
  const { report, lines, wait } = printer();
  report({ stage: "read prompts", done: 0, total: 60_000 });
  wait(5_000);
  report({ stage: "read prompts", done: 5_000, total: 60_000 });
  wait(5_000);
  report({ stage: "read prompts", done: 10_000, total: 60_000 });
  wait(1_000);
  report({ stage: "train", done: 0, total: 60 });
  wait(30_000);
  report({ stage: "train", done: 10, total: 60 });
  assert.deepEqual(lines(), [
    "read prompts",
    "read prompts: 10000 of 60000, 1000/s, about 50 s left",
    "train",
    "train: 10 of 60, about 3 min left",
  ]);
});

test("where the total is not known, what is done and the speed are", () => {
  const { report, lines, wait } = printer();
  report({ stage: "read prompts", done: 0, total: 0 });
  wait(10_000);
  report({ stage: "read prompts", done: 5_000, total: 0 });
  assert.deepEqual(lines(), ["read prompts", "read prompts: 5000, 500/s"]);
});

test("what an earlier run had done does not count as this one's speed", () => {
  const { report, lines, wait } = printer();
  report({ stage: "train", done: 36, total: 60 });
  wait(20_000);
  report({ stage: "train", done: 38, total: 60 });
  assert.deepEqual(lines(), ["train", "train: 38 of 60, about 4 min left"]);
});

test("on a terminal one line is written over", () => {
  const { report, text, wait, end } = printer(true);
  report({ stage: "train", done: 0, total: 4 });
  wait(8_000);
  report({ stage: "train", done: 2, total: 4 });
  end();
  assert.equal(
    text(),
    `\r\u001b[Ktrain [${"-".repeat(30)}] 0 %\r\u001b[Ktrain [${"#".repeat(15)}${"-".repeat(15)}] 50 %, about 8 s left\n`,
  );
});

function printer(isTTY = false) {
  let ms = 0;
  const written: string[] = [];
  const made = progressPrinter({ isTTY, write: (text) => written.push(text) }, () => ms);
  const text = () => written.join("");
  return { ...made, text, lines: () => text().trimEnd().split("\n"), wait: (by: number) => (ms += by) };
}
