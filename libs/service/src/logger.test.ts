import assert from "node:assert/strict";
import { test } from "node:test";
import { createLogger } from "./logger.ts";

test("a line is one JSON object with event, bound fields and the whole error", () => {
  const lines: string[] = [];
  const logger = createLogger({
    service: "policy",
    level: "info",
    write: (line) => lines.push(line),
    now: () => new Date(0),
  }).with({ replica: "a" });
  logger.debug("ignored");
  logger.error("attempt_failed", {
    error: new Error("no route", { cause: new Error("refused") }),
    tokens: 3n,
  });
  assert.equal(lines.length, 1);
  const { error, ...rest } = JSON.parse(lines[0] ?? "") as {
    error: { message: string; cause: { message: string } };
  };
  assert.deepEqual(rest, {
    at: "1970-01-01T00:00:00.000Z",
    level: "error",
    service: "policy",
    event: "attempt_failed",
    replica: "a",
    tokens: 3,
  });
  assert.equal(error.message, "no route");
  assert.equal(error.cause.message, "refused");
});
