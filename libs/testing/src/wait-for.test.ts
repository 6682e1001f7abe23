import assert from "node:assert/strict";
import { test } from "node:test";
import { manualClock, waitFor } from "./index.ts";

test("waits through falsy values and errors until there is a value", async () => {
  const results = [
    () => 0,
    () => {
      throw new Error("not yet");
    },
    () => 42,
  ];
  assert.equal(await waitFor(() => results.shift()?.(), { what: "a value" }), 42);
});

test("gives up with what it waited for and the last error", async () => {
  const never = waitFor(() => Promise.reject(new Error("still down")), { what: "the server", timeoutMs: 30 });
  await assert.rejects(never, /waited 30 ms for the server; last: Error: still down/);
});

test("a manual clock moves only when told to", () => {
  const clock = manualClock(1000);
  clock.advance(5);
  assert.equal(clock.now(), 1005);
});
