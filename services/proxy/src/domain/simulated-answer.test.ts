import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { simulatedAnswer, type SimulatedRequest } from "./simulated-answer.ts";

const request: SimulatedRequest = {
  candidate: "gpt-4o",
  charactersPerToken: 4,
  promptText: "Prove that sqrt(2) is irrational",
  inputCharacters: 32,
  wantsJson: false,
  maxOutputTokens: undefined,
};

test("says first that it is simulated, and in whose place", () => {
  const text = simulatedAnswer(request).pieces.join("");
  assert.match(text, /^No provider is configured: this answer is simulated, in the place of gpt-4o\./);
});

test("is the same for the same prompt and differs with the prompt", () => {
  assert.deepEqual(simulatedAnswer(request), simulatedAnswer(request));
  assert.notDeepEqual(
    simulatedAnswer(request).pieces,
    simulatedAnswer({ ...request, promptText: "Hello" }).pieces,
  );
});

test("says nothing twice", () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom("a", " ", "1") }), (promptText) => {
      const text = simulatedAnswer({ ...request, promptText }).pieces.join("");
      const sentences = text.split(/(?<=\.) (?=[A-Z])/);
      assert.equal(new Set(sentences).size, sentences.length);
      assert.ok(sentences.length >= 4);
    }),
  );
});

test("is JSON when JSON is asked for, and still says what it is", () => {
  const text = simulatedAnswer({ ...request, wantsJson: true }).pieces.join("");
  assert.equal((JSON.parse(text) as { simulated: boolean }).simulated, true);
});

test("never exceeds the asked length, and says so when it was cut", () => {
  fc.assert(
    fc.property(fc.string(), fc.integer({ min: 1, max: 400 }), (promptText, maxOutputTokens) => {
      const { usage, finishReason } = simulatedAnswer({ ...request, promptText, maxOutputTokens });
      const whole = simulatedAnswer({ ...request, promptText });
      assert.ok(usage.outputTokens <= maxOutputTokens);
      assert.equal(finishReason, whole.usage.outputTokens <= maxOutputTokens ? "stop" : "length");
    }),
  );
});
