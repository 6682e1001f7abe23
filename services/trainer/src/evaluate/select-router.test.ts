import assert from "node:assert/strict";
import { test } from "node:test";
import { parsePrices } from "@ipr/registry";
import { chooseReference, routerNamed, routerOfPool } from "./select-router.ts";

const { registry } = parsePrices(
  `candidates: [{ name: small }, { name: middle }, { name: large }]
routers:
  - { name: all, candidates: [small, middle, large], reference: middle, tolerance: 0.1 }
  - { name: two, candidates: [small, large], reference: small, tolerance: 0.1 }
`,
  "registry.yaml",
);

test("finds a router by its name, and says what names there are", () => {
  assert.equal(routerNamed("two", { registry, pool: undefined }).reference, "small");
  assert.throws(
    () => routerNamed("tow", { registry, pool: undefined }),
    /is "tow", but the registry has all, two/,
  );
});

test("a router needs a registry and brings its own pool", () => {
  assert.throws(() => routerNamed("two", { registry: undefined, pool: undefined }), /give --prices FILE/);
  assert.throws(() => routerNamed("two", { registry, pool: ["small"] }), /--router or --pool, not both/);
});

test("finds the router of a pool in any order, and none for a part or more of it", () => {
  assert.equal(routerOfPool(registry, ["large", "small", "middle"])?.name, "all");
  assert.equal(routerOfPool(registry, ["large", "small"])?.name, "two");
  for (const pool of [["small", "middle"], ["small"], ["small", "middle", "large", "other"]])
    assert.equal(routerOfPool(registry, pool), undefined, pool.join());
  assert.equal(routerOfPool(undefined, ["small", "large"]), undefined);
});

test("the reference is the router's, else the best; one no better than the cheapest is replaced with a note", () => {
  const means = {
    quality: Float64Array.of(0.25, 0.5, 0.75),
    costUsd: Float64Array.of(1, 2, 3),
    cheapest: 0,
    reference: 2,
  };
  const pool = ["small", "middle", "large"];
  const [all, two] = registry!.routers;
  assert.deepEqual(chooseReference(means, pool, all), {
    reference: "middle",
    origin: "of router all",
    notes: [],
  });
  assert.deepEqual(chooseReference(means, pool, undefined), {
    reference: "large",
    origin: "best mean quality",
    notes: [],
  });
  const { reference, notes } = chooseReference(means, pool, two);
  assert.equal(reference, "large");
  assert.match(
    notes.join(),
    /router two, small, is on average not better than the cheapest candidate, small/,
  );
});
