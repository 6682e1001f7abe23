import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { temporaryDirectory } from "@ipr/testing";
import { requireDirectoryOf } from "./write-whole.ts";

test("an output file must be in a directory that exists", async () => {
  await using dir = await temporaryDirectory();
  await requireDirectoryOf("report", join(dir.path, "x.html"));
  await assert.rejects(
    requireDirectoryOf("report", join(dir.path, "nope", "x.html")),
    /^IprError: report: cannot write .*there is no directory .*nope/,
  );
});
