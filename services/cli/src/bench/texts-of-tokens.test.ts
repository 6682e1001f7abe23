import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { createWordPiece, tokenizerSchema } from "@ipr/estimator";
import { shipped } from "@ipr/standalone";
import { createTextsOfTokens } from "./texts-of-tokens.ts";

test("texts have as many tokens as asked for, give or take a word, and differ", async () => {
  const file = await readFile(join(shipped.encoderDir, "tokenizer.json"), "utf8");
  const tokenize = createWordPiece(tokenizerSchema.parse(JSON.parse(file)));
  const textOf = await createTextsOfTokens([
    "How do I sort a list in Python?",
    "Prove that sqrt(2) is irrational.",
  ]);
  for (const tokens of [16, 64, 128]) {
    const counted = tokenize(textOf(tokens, 3), 1_000).length;
    assert.ok(counted >= tokens && counted < tokens + 16, `${counted} tokens instead of ${tokens}`);
  }
  assert.notEqual(textOf(16, 0), textOf(16, 1));
});
