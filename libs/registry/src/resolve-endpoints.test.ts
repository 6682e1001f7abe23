import assert from "node:assert/strict";
import { test } from "node:test";
import { Protocol } from "@ipr/proto";
import { parseRegistry, resolveEndpoints } from "./index.ts";

const bare = parseRegistry(
  "candidates: [{ name: gpt, family: openai }, { name: claude, family: anthropic }, { name: llama, family: meta }]",
  "r.yaml",
);
const withFile = parseRegistry(
  `candidates:
  - { name: gpt, family: openai }
  - { name: llama, endpoints: [{ name: local, protocol: openai, baseUrl: "http://127.0.0.1:1/v1" }] }`,
  "r.yaml",
);

const nameOf = Object.fromEntries(Object.entries(Protocol).map(([name, value]) => [value, name]));

function endpointsBy(registry: typeof bare): Record<string, string> {
  return Object.fromEntries(
    registry.candidates.map(({ name, endpoints }) => [
      name,
      endpoints.map((e) => `${nameOf[e.protocol]} ${e.baseUrl} ${e.apiKeyEnv}`.trim()).join(", "),
    ]),
  );
}

test("without any provider every candidate is simulated, and it says so", () => {
  const { registry, simulated, notes } = resolveEndpoints(bare, {});
  assert.equal(simulated, true);
  assert.deepEqual(endpointsBy(registry), { gpt: "SIMULATED", claude: "SIMULATED", llama: "SIMULATED" });
  assert.match(notes.join(), /every answer is simulated/);
});

test("keys serve their own family only, and no answer is made up beside them", () => {
  const { registry, simulated, notes } = resolveEndpoints(bare, {
    OPENAI_API_KEY: "k",
    ANTHROPIC_API_KEY_FILE: "/f",
  });
  assert.equal(simulated, false);
  assert.deepEqual(endpointsBy(registry), {
    gpt: "OPENAI https://api.openai.com/v1 OPENAI_API_KEY",
    claude: "ANTHROPIC https://api.anthropic.com/v1 ANTHROPIC_API_KEY_FILE",
    llama: "",
  });
  assert.match(notes.join(), /1 candidate without an endpoint/);
});

test("a base URL serves every candidate and wins over keys", () => {
  const environment = { IPR_UPSTREAM_BASE_URL: "http://127.0.0.1:11434/v1", OPENAI_API_KEY: "k" };
  const urls = Object.values(endpointsBy(resolveEndpoints(bare, environment).registry));
  assert.deepEqual(new Set(urls), new Set(["OPENAI http://127.0.0.1:11434/v1"]));
});

test("endpoints of the file stay as they are, and what it was given is not changed", () => {
  const { registry, simulated } = resolveEndpoints(withFile, {
    IPR_UPSTREAM_BASE_URL: "http://127.0.0.1:2/v1",
  });
  assert.equal(simulated, false);
  assert.match(endpointsBy(registry)["llama"] ?? "", /127\.0\.0\.1:1/);
  assert.equal(withFile.candidates[0]?.endpoints.length, 0);
});

test("one endpoint in the file is enough for nothing to be simulated", () => {
  const { registry, simulated } = resolveEndpoints(withFile, {});
  assert.equal(simulated, false);
  assert.equal(endpointsBy(registry)["gpt"], "");
});

test("a base URL that is none is refused by the name of its setting", () => {
  const environment = { IPR_UPSTREAM_BASE_URL: "localhost:11434" };
  assert.throws(() => resolveEndpoints(bare, environment), /IPR_UPSTREAM_BASE_URL is "localhost:11434"/);
});
