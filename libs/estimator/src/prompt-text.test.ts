import assert from "node:assert/strict";
import { test } from "node:test";
import { promptText } from "./prompt-text.ts";

test("everything said, in order, without roles and empty turns", () => {
  const messages = [
    { role: "system", content: "Be brief." },
    { role: "assistant", content: null },
    {
      role: "user",
      content: [{ type: "text", text: "What is" }, { type: "image_url" }, { type: "text", text: "this?" }],
    },
    { role: "tool" },
  ];
  assert.equal(promptText(messages), "Be brief.\n\nWhat is\nthis?");
});
