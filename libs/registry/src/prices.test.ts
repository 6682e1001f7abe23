import assert from "node:assert/strict";
import { test } from "node:test";
import { parsePrices } from "./prices.ts";

const meta = JSON.stringify({
  title: "a set",
  prices: {
    a: { input_per_1m_usd: 0.5, output_per_1m_usd: 1.5, source: "list", as_of: "2024", verified: true },
  },
});

test("reads the prices beside a data set", () => {
  const price = parsePrices(meta, "set.meta.json").prices.get("a");
  assert.equal(price?.inputUsdPerMtok, 0.5);
  assert.equal(price?.outputUsdPerMtok, 1.5);
  assert.equal(price?.asOf, "2024");
});

test("reads the prices of a registry, and leaves out what has none", () => {
  const text = `candidates:
  - { name: a, price: { inputUsdPerMtok: 1, outputUsdPerMtok: 2, source: list, asOf: "2024" } }
  - { name: b }`;
  const { prices, registry } = parsePrices(text, "registry.yaml");
  assert.deepEqual([...prices.keys()], ["a"]);
  assert.equal(registry?.candidates.length, 2);
});

test("a negative price is refused with its line and path", () => {
  const text = meta.replace("0.5", "-1").replaceAll(",", ",\n");
  assert.throws(
    () => parsePrices(text, "set.meta.json"),
    /set\.meta\.json:2: prices\.a\.input_per_1m_usd is wrong/,
  );
});
