import assert from "node:assert/strict";
import { test } from "node:test";
import { characterCount, requirementsOf, type Turn } from "./conversation.ts";

function turn(speaker: Turn["speaker"], text: string, mediaTypes: string[] = []): Turn {
  return { speaker, text, mediaTypes };
}

test("what the conversation holds is what a candidate must be able to do", () => {
  const turns = [turn("user", "what is this?", ["application/pdf", "Image/PNG"])];
  const requirements = requirementsOf({ turns, hasTools: true, hasJsonSchema: false });
  assert.equal(requirements.needsVision, true);
  assert.equal(requirements.needsTools, true);
  assert.equal(requirements.needsJsonSchema, false);
});

test("the candidate reads every turn, also those that are not encoded", () => {
  const turns = Array.from({ length: 50 }, () => turn("user", "1234"));
  assert.equal(characterCount({ turns, hasTools: false, hasJsonSchema: false }), 200);
});
