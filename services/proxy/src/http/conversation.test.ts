import assert from "node:assert/strict";
import { test } from "node:test";
import { Role } from "@ipr/proto";
import { hasImage, toConversation } from "./conversation.ts";

test("roles and text are read from plain and from divided content", () => {
  assert.deepEqual(
    toConversation([
      { role: "developer", content: "Be brief." },
      {
        role: "user",
        content: [
          { type: "text", text: "What " },
          { type: "text", text: "is this?" },
        ],
      },
      { role: "assistant", content: null, tool_calls: [{}] },
      { role: "tool", content: "42", tool_call_id: "c" },
    ]).map(({ role, text }) => [role, text]),
    [
      [Role.SYSTEM, "Be brief."],
      [Role.USER, "What is this?"],
      [Role.ASSISTANT, ""],
      [Role.TOOL, "42"],
    ],
  );
});

test("attachments are told by type, their content stays here", () => {
  const content = [
    { type: "image_url", image_url: { url: "data:image/png;base64,iVBORw0" } },
    { type: "image_url", image_url: { url: "https://example.org/cat.jpg" } },
    { type: "input_audio", input_audio: { data: "UklGR", format: "wav" } },
    { type: "file", file: { file_data: "data:application/pdf;base64,JVBER" } },
  ];
  const turns = toConversation([{ role: "user", content }]);
  assert.deepEqual(turns[0]?.mediaTypes, ["image/png", "image/*", "audio/wav", "application/pdf"]);
  assert.equal(hasImage(turns), true);
  assert.equal(hasImage(toConversation([{ role: "user", content: "no image" }])), false);
});

test("an unknown role is named with its message", () => {
  assert.throws(
    () =>
      toConversation([
        { role: "user", content: "a" },
        { role: "robot", content: "b" },
      ]),
    {
      message: /^messages\[1\]\.role: must be one of system, developer, user/,
    },
  );
});

test("messages that say nothing are refused, an image without text is not", () => {
  assert.throws(() => toConversation([{ role: "user", content: " " }]), { reason: "INVALID_FIELD" });
  const image = [{ type: "image_url", image_url: { url: "https://example.org/cat.jpg" } }];
  assert.equal(toConversation([{ role: "user", content: image }]).length, 1);
});

test("more than 4 MiB of text is too large, in one message or in several, counted in bytes", () => {
  const half = "é".repeat(1024 * 1024);
  assert.equal(
    toConversation([
      { role: "user", content: half },
      { role: "user", content: half },
    ]).length,
    2,
  );
  assert.throws(() => toConversation([half, half, "x"].map((content) => ({ role: "user", content }))), {
    reason: "TOO_LARGE",
    message: /4194305 bytes of text, but at most 4194304/,
  });
});
