import assert from "node:assert/strict";
import { test } from "node:test";
import type { RegistryView } from "@ipr/registry";
import { onlyServed } from "./served-candidates.ts";

const endpointsOf: Record<string, unknown[]> = { a: [{}], b: [], c: [{}] };
const registry = {
  router: (name: string) => (name === "default" ? { candidates: ["a", "b", "c"] } : undefined),
  candidate: (name: string) => (name in endpointsOf ? { endpoints: endpointsOf[name] } : undefined),
} as unknown as RegistryView;

test("candidates without an endpoint are not asked about", () => {
  assert.deepEqual(onlyServed({}, registry).candidates, ["a", "c"]);
  assert.deepEqual(onlyServed({ candidates: ["b", "c"] }, registry).candidates, ["c"]);
});

test("a question about served candidates only is left alone", () => {
  const request = { candidates: ["a", "c"], tolerance: 0.5 };
  assert.equal(onlyServed(request, registry), request);
});

test("unknown routers and candidates are left for policy to refuse", () => {
  const request = { router: "nope" };
  assert.equal(onlyServed(request, registry), request);
  assert.deepEqual(onlyServed({ candidates: ["b", "nobody"] }, registry).candidates, ["nobody"]);
});

test("when none is served the error says what to do", () => {
  assert.throws(() => onlyServed({ candidates: ["b"] }, registry), {
    reason: "NO_CANDIDATE_FITS",
    message: /endpoints in the registry/,
  });
});
