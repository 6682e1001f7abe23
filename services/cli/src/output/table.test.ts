import assert from "node:assert/strict";
import { test } from "node:test";
import { renderTable } from "./table.ts";

test("columns line up and lines do not end in spaces", () => {
  const columns = [{ title: "name" }, { title: "usd", align: "right" as const }, { title: "why" }];
  const text = renderTable(columns, [
    ["a", "0.5", ""],
    ["longer", "12", "too dear"],
  ]);
  assert.equal(text, "name    usd  why\na       0.5\nlonger   12  too dear\n");
});
