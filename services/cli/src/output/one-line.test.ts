import assert from "node:assert/strict";
import { test } from "node:test";
import { IprError, status } from "@ipr/errors";
import { oneLine } from "./one-line.ts";

test("a full disk says what to do", () => {
  const full = Object.assign(new Error("ENOSPC: no space left on device, write"), {
    code: "ENOSPC",
    syscall: "write",
  });
  assert.equal(
    oneLine(full),
    "ENOSPC: no space left on device, write: free some space and run the same command again",
  );
});

test("an error of ours is one line, one of the system is its message, a bug shows where it is", () => {
  assert.equal(oneLine(new IprError(status.INTERNAL, "BAD_DATA", "a\n  b")), "a; b");
  const missing = Object.assign(new Error("ENOENT: no such file"), { code: "ENOENT", syscall: "open" });
  assert.equal(oneLine(missing), "ENOENT: no such file");
  assert.match(oneLine(new TypeError("oops")), /TypeError: oops\n +at /);
});
