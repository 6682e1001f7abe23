import assert from "node:assert/strict";
import { test } from "node:test";
import { maxContextCharacters, maxPromptCharacters, promptText, type SpokenTurn } from "./prompt-text.ts";

function turn(speaker: SpokenTurn["speaker"], text: string): SpokenTurn {
  return { speaker, text };
}

const textOf = (...turns: SpokenTurn[]) => promptText(turns);

test("a single prompt is encoded as it is", () => {
  assert.equal(textOf(turn("user", " as it is\n")), " as it is\n");
});

test("a short conversation is all there, in order, without roles", () => {
  const text = textOf(
    turn("system", "Be brief."),
    turn("user", "Hi"),
    turn("assistant", "Hello"),
    turn("user", "Why?"),
  );
  assert.equal(text, "Be brief.\n\nHi\n\nHello\n\nWhy?");
});

test("of a long one the system prompt, two turns and the last user turn are left", () => {
  const early = Array.from({ length: 9 }, (_, index) => turn("user", `early ${index}`));
  const text = textOf(turn("system", "S"), ...early, turn("assistant", "A"), turn("user", "Q"));
  assert.equal(text, "S\n\nearly 8\n\nA\n\nQ");
});

test("what follows the last user turn is not the question", () => {
  assert.equal(textOf(turn("user", "Q"), turn("assistant", "calling"), turn("tool", "42")), "Q");
});

test("without a user turn the last turn is the question", () => {
  assert.equal(textOf(turn("system", "S"), turn("tool", "result")), "S\n\nresult");
});

test("images alone have no text", () => {
  assert.equal(textOf(turn("user", "")), "");
});

test("everything has a limit, and head and tail are kept", () => {
  const long = `head${"x".repeat(5_000_000)}tail`;
  assert.equal(textOf(turn("user", long)).length, maxPromptCharacters);
  const text = textOf(turn("system", long), turn("user", long), turn("assistant", long), turn("user", long));
  assert.ok(text.length <= maxPromptCharacters);
  const parts = text.split("\n\n");
  assert.deepEqual(
    parts.map((part) => part.length),
    [
      maxContextCharacters,
      maxContextCharacters,
      maxContextCharacters,
      maxPromptCharacters - 3 * (maxContextCharacters + 2),
    ],
  );
  assert.ok(parts.every((part) => part.startsWith("head") && part.endsWith("tail")));
});

test("a character of two code units is never cut in half", () => {
  for (const pad of ["", "x"]) {
    assert.ok(textOf(turn("user", pad + "😀".repeat(maxPromptCharacters))).isWellFormed());
  }
});
