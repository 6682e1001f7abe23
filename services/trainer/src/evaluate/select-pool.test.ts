import assert from "node:assert/strict";
import { test } from "node:test";
import { selectPool } from "./select-pool.ts";

const sources = {
  bundle: ["small", "large", "unlabelled", "unpriced"],
  labelled: new Set(["small", "large", "unpriced", "foreign"]),
  priced: new Set(["small", "large", "unlabelled", "foreign"]),
  arePricesNamed: true,
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
  assert.throws(() => selectPool({ ...sources, wanted: ["small"] }), /a pool needs at least 2 candidates/);
  assert.throws(
    () => selectPool({ ...sources, priced: new Set(["small"]) }),
    /routing needs 2\. Left out: large \(it has no price\).*; give --prices FILE \(a registry\.yaml or \.meta\.json\)$/,
  );
});

const many = Array.from({ length: 51 }, (_, index) => `candidate-${index}`);
const all = { ...sources, bundle: many, labelled: new Set(many), priced: new Set(many) };

test("refuses more wanted candidates than a rule can hold", () => {
  assert.throws(() => selectPool({ ...all, wanted: many }), /51 candidates, but a pool holds at most 50/);
});

test("more candidates than a pool holds, of which nobody chose, are estimated and not routed between", () => {
  const { candidates, notRouted } = selectPool({ ...all, wanted: undefined });
  assert.equal(candidates.length, 51);
  assert.match(notRouted!, /51 candidates.*name fewer with --pool/);
});

test("without any price, and none asked for, the estimates are measured and the way to prices is named", () => {
  const { candidates, notRouted } = selectPool({ ...sources, priced: new Set(), arePricesNamed: false });
  assert.deepEqual(candidates, ["small", "large", "unpriced"]);
  assert.match(notRouted!, /^no price of small, large, unpriced: give --prices FILE/);
  assert.equal(selectPool({ ...sources, arePricesNamed: false }).notRouted, undefined);
});
