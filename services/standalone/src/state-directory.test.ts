import assert from "node:assert/strict";
import { test } from "node:test";
import { defaultStateDir } from "./state-directory.ts";

test("the data directory is where the system keeps such things", () => {
  assert.equal(defaultStateDir({ XDG_DATA_HOME: "/data", HOME: "/home/a" }, "linux"), "/data/ipr");
  assert.equal(defaultStateDir({ HOME: "/home/a" }, "linux"), "/home/a/.local/share/ipr");
  assert.equal(defaultStateDir({ HOME: "/Users/a" }, "darwin"), "/Users/a/Library/Application Support/ipr");
});
