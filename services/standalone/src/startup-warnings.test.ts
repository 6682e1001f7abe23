import assert from "node:assert/strict";
import { test } from "node:test";
import { create } from "@bufbuild/protobuf";
import { Protocol, RegistrySchema } from "@ipr/proto";
import { startupWarnings } from "./startup-warnings.ts";

const price = { inputUsdPerMtok: 1, outputUsdPerMtok: 1, source: "test", asOf: "2026" };
const endpoints = [{ name: "main", protocol: Protocol.OPENAI, baseUrl: "http://x/v1", apiKeyEnv: "THE_KEY" }];
const registry = create(RegistrySchema, {
  candidates: [
    { name: "big", price, endpoints },
    { name: "small", price, endpoints },
  ],
  routers: [{ name: "mine", candidates: ["big", "small"], reference: "big" }],
});

test("nothing is said when everything is there", () => {
  assert.deepEqual(
    startupWarnings({ registry, estimable: ["big", "small"], environment: { THE_KEY: "k" } }),
    [],
  );
});

test("a candidate the bundle does not know, and a key that is not set, are named", () => {
  assert.deepEqual(startupWarnings({ registry, estimable: ["big"], environment: {} }), [
    "router mine: the bundle does not know small, which will never be chosen",
    "THE_KEY is not set, but endpoints of the registry take their key from it",
  ]);
});

test("a router that the bundle knows nothing of is said to be degraded", () => {
  const [warning] = startupWarnings({ registry, estimable: ["other"], environment: { THE_KEY: "k" } });
  assert.match(warning ?? "", /knows none of its candidates, so big answers everything, degraded/);
});
