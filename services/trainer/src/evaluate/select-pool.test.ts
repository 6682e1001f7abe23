import assert from "node:assert/strict";
import { test } from "node:test";
import { selectPool } from "./select-pool.ts";

const sources = {
  bundle: ["small", "large", "unlabelled", "unpriced"],
  labelled: new Set(["small", "large", "unpriced", "foreign"]),
  priced: new Set(["small", "large", "unlabelled", "foreign"]),
  wanted: undefined,
};

test("takes what bundle, data and prices all know, in the bundle's order, and names the rest", () => {
  const { candidates, leftOut } = selectPool(sources);
  assert.deepEqual(candidates, ["small", "large"]);
  assert.deepEqual(leftOut, [
    { name: "unlabelled", reason: "the data have no label of it" },
    { name: "unpriced", reason: "it has no price" },
    { name: "foreign", reason: "the bundle does not know it" },
  ]);
});

test("takes the wanted ones only, once each", () => {
  const { candidates, leftOut } = selectPool({ ...sources, wanted: ["large", "small", "large"] });
  assert.deepEqual(candidates, ["large", "small"]);
  assert.deepEqual(leftOut, []);
});

test("refuses a wanted candidate that cannot be evaluated, and says which can", () => {
  assert.throws(() => selectPool({ ...sources, wanted: ["small", "unpriced"] }), {
    message:
      "pool: unpriced cannot be evaluated: it has no price. Possible: small, large; give --prices FILE (a registry.yaml or .meta.json)",
  });
});

test("refuses a pool of one", () => {
  assert.throws(() => selectPool({ ...sources, wanted: ["small"] }), /1 candidates can be evaluated/);
  assert.throws(
    () => selectPool({ ...sources, priced: new Set(["small"]) }),
    /routing needs 2\. Left out: large \(it has no price\).*; give --prices FILE \(a registry\.yaml or \.meta\.json\)$/,
  );
});

test("refuses more candidates than a rule can hold", () => {
  const many = Array.from({ length: 51 }, (_, index) => `candidate-${index}`);
  const all = { bundle: many, labelled: new Set(many), priced: new Set(many), wanted: undefined };
  assert.throws(() => selectPool(all), /51 candidates, but at most 50/);
});
