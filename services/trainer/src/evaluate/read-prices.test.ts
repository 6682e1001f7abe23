import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { readPrices, readPricesBeside } from "./read-prices.ts";

async function directory(t: TestContext): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), "ipr-prices-"));
  t.after(() => rm(dir, { recursive: true }));
  return dir;
}
const meta = (input: number) =>
  JSON.stringify({
    title: "a data set",
    prices: { small: { input_per_1m_usd: input, output_per_1m_usd: 2, source: "list", as_of: "2026-01-01" } },
  });

test("reads the prices beside data files and says where two files disagree", async (t) => {
  const dir = await directory(t);
  await writeFile(join(dir, "a.meta.json"), meta(1));
  await writeFile(join(dir, "b.meta.json"), meta(3));
  const files = ["a.jsonl.gz", "b.jsonl", "none.jsonl"].map((name) => join(dir, name));
  const { prices, notes } = await readPricesBeside(files);
  assert.equal(prices.get("small")?.inputUsdPerMtok, 1);
  assert.equal(notes.length, 1);
  assert.match(notes[0]!, /small has another price in .*b\.meta\.json/);
});

test("a data file of another kind is refused by its name rather than read as its own prices", async (t) => {
  const file = join(await directory(t), "rows.csv");
  await writeFile(file, "id,prompt\n");
  await assert.rejects(readPricesBeside([file]), { reason: "BAD_DATA", message: /must end in \.jsonl/ });
});

test("a price file that was asked for must be there and make sense", async (t) => {
  const dir = await directory(t);
  await assert.rejects(readPrices(join(dir, "missing.yaml")), {
    reason: "BAD_CONFIG",
    message: /does not exist/,
  });
  await writeFile(join(dir, "bad.json"), '{"prices": {"small": {"input_per_1m_usd": "free"}}}');
  await assert.rejects(readPrices(join(dir, "bad.json")), { reason: "BAD_CONFIG", message: /bad\.json/ });
  await assert.rejects(readPrices(dir), { reason: "BAD_CONFIG", message: /cannot be read/ });
});

test("reads a registry file", async (t) => {
  const file = join(await directory(t), "registry.yaml");
  await writeFile(
    file,
    `candidates:
  - name: small
    price: { inputUsdPerMtok: 0.5, outputUsdPerMtok: 1.5, source: "list", asOf: "2026-01-01" }
  - name: free-of-price
`,
  );
  const { prices, registry } = await readPrices(file);
  assert.equal(prices.get("small")?.outputUsdPerMtok, 1.5);
  assert.equal(prices.has("free-of-price"), false, "unknown is not zero");
  assert.equal(registry?.candidates.length, 2);
});
