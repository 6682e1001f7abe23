import assert from "node:assert/strict";
import { test } from "node:test";
import { tableSettings } from "./table-settings.ts";

const table = {
  pool: ["small", "large"],
  reference: "large",
  rows: 100,
  points: [
    { tolerance: 0, qualityRatio: 1.0, saving: 0.1 },
    { tolerance: 0.1, qualityRatio: 0.98, saving: 0.4 },
    { tolerance: 0.2, qualityRatio: 0.975, saving: 0.3 },
    { tolerance: 1, qualityRatio: 0.5, saving: 0.9 },
  ],
  priceWeights: [],
};

test("each target gets the tolerance that saved most among those that met it", () => {
  assert.deepEqual(tableSettings(table, ["large", "small"], "large"), {
    "1.00": 0,
    "0.99": 0,
    "0.97": 0.1,
    "0.95": 0.1,
  });
});

test("a target that no tolerance met has none", () => {
  const dear = { ...table, points: [{ tolerance: 0, qualityRatio: 1, saving: -0.1 }] };
  assert.deepEqual(tableSettings(dear, ["small", "large"], "large")?.["0.95"], undefined);
});

test("a table of another pool or reference is not used", () => {
  assert.equal(tableSettings(table, ["small", "large", "huge"], "large"), undefined);
  assert.equal(tableSettings(table, ["small", "other"], "large"), undefined);
  assert.equal(tableSettings(table, ["small", "large"], "small"), undefined);
  assert.equal(tableSettings(undefined, ["small", "large"], "large"), undefined);
});
