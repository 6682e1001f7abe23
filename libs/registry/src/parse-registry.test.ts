import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { IprError } from "@ipr/errors";
import { Gate, Protocol, TrustState } from "@ipr/proto";
import { parseRegistry, registryWarnings } from "./index.ts";

const small = `
candidates:
  - name: strong
    family: openai
    price: { inputUsdPerMtok: 3, outputUsdPerMtok: 12, source: list, asOf: "2024-09" }
    endpoints:
      - { name: local, protocol: openai, baseUrl: "http://127.0.0.1:1/v1" }
  - name: weak
routers:
  - name: default
    candidates: [strong, weak]
    reference: strong
    tolerance: 0.05
    gate: dynamic_max
    forcedTrustState: route
`;

/** The message of the error that parsing the changed file gives. */
function refusal(from: string, to: string): string {
  const text = small.replace(from, to);
  assert.notEqual(text, small);
  try {
    parseRegistry(text, "r.yaml");
  } catch (error) {
    assert.ok(error instanceof IprError);
    assert.equal(error.reason, "BAD_CONFIG");
    assert.equal(error.metadata["file"], "r.yaml");
    return error.message;
  }
  return assert.fail("it was accepted");
}

test("a file in people's words becomes the contract's message", () => {
  const { candidates, routers } = parseRegistry(small, "r.yaml");
  assert.equal(candidates[0]?.price?.outputUsdPerMtok, 12);
  assert.equal(candidates[0]?.endpoints[0]?.protocol, Protocol.OPENAI);
  assert.equal(candidates[1]?.price, undefined);
  assert.equal(routers[0]?.gate, Gate.DYNAMIC_MAX);
  assert.equal(routers[0]?.forcedTrustState, TrustState.ROUTE);
});

test("the shipped default registry is right and gives no warning", () => {
  const file = new URL("../../../deploy/default/registry.yaml", import.meta.url);
  const registry = parseRegistry(readFileSync(file, "utf8"), "registry.yaml");
  assert.ok(registry.routers.some(({ name }) => name === "default"));
  assert.ok(registry.candidates.every(({ price }) => price?.source && price.asOf));
  assert.deepEqual(registryWarnings(registry), []);
});

const refusals: [what: string, from: string, to: string, says: RegExp][] = [
  ["an unknown key", "price:", "prise:", /r\.yaml:5: candidates\[0\]\.prise .*did you mean "price"/],
  ["a text for a number", "inputUsdPerMtok: 3", "inputUsdPerMtok: three", /:5: .*inputUsdPerMtok is "three"/],
  ["a number for a text", "source: list", "source: 7", /price\.source is 7, but must be a text/],
  [
    "an unknown enum name",
    "gate: dynamic_max",
    "gate: dynamic_mx",
    /:14: .*gate.*did you mean "dynamic_max"/,
  ],
  ["a mapping for a list", "[strong, weak]", "{ strong: 1 }", /must be a list/],
  [
    "a list for a mapping",
    '{ inputUsdPerMtok: 3, outputUsdPerMtok: 12, source: list, asOf: "2024-09" }',
    "[1]",
    /mapping of inputUsdPerMtok/,
  ],
  ["tolerance 1.5", "tolerance: 0.05", "tolerance: 1.5", /:13: routers\[0\]\.tolerance is 1\.5/],
  ["a price without its source", "source: list, ", "", /candidates\[0\]\.price\.source is ""/],
  ["an infinite price", "inputUsdPerMtok: 3", "inputUsdPerMtok: .inf", /finite/],
  ["a name used twice", "- name: weak", "- name: strong", /candidates\[1\]\.name is "strong" again/],
  [
    "a router's unknown candidate",
    "[strong, weak]",
    "[strong, wek]",
    /candidates\[1\] is "wek".*did you mean "weak"/,
  ],
  [
    "a reference that is no candidate of the router",
    "reference: strong",
    "reference: other",
    /:12: .*reference is "other"/,
  ],
  ["a static gate without threshold", "gate: dynamic_max", "gate: static", /staticThreshold is missing/],
  ["what is not YAML", "candidates:", "candidates: [", /r\.yaml:\d+: the file is not YAML/],
];
for (const [what, from, to, says] of refusals) {
  test(`refuses ${what}, and says where and what would be right`, () =>
    assert.match(refusal(from, to), says));
}

test("lists all problems of a file at once", () => {
  const text = small.replace("price:", "prise:").replace("tolerance:", "tolerence:");
  assert.throws(() => parseRegistry(text, "r.yaml"), /prise[^]*tolerence/);
});

test("a file without candidates is refused", () => {
  assert.throws(() => parseRegistry("", "r.yaml"), /r\.yaml: candidates is empty/);
});

test("an endpoint needs a URL, unless it is simulated", () => {
  const withEndpoint = (endpoint: string) =>
    parseRegistry(`candidates: [{ name: a, endpoints: [{ name: main, ${endpoint} }] }]`, "r.yaml");
  assert.throws(() => withEndpoint("protocol: openai"), /baseUrl is missing, but must be a URL such as/);
  assert.throws(
    () => withEndpoint("protocol: openai, baseUrl: 127.0.0.1:1/v1"),
    /baseUrl is "127.0.0.1:1\/v1", but must/,
  );
  assert.equal(withEndpoint("protocol: simulated").candidates.length, 1);
});

test("warns of a gate that is all or nothing and of unknown prices", () => {
  const warnings = registryWarnings(parseRegistry(small.replace("dynamic_max", "dynamic_minmax"), "r.yaml"));
  assert.match(warnings.join("\n"), /all or nothing[^]*no price is known for weak/);
});
