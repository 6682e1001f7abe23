import assert from "node:assert/strict";
import { test } from "node:test";
import type { Candidate, Constraints } from "./candidate.ts";
import { requirementsOf, singlePrompt } from "./conversation.ts";
import { whyUnfit } from "./fit.ts";

const none: Constraints = requirementsOf(singlePrompt("x"));
const candidate: Candidate = {
  name: "c",
  family: "acme",
  endpoints: [],
  limits: { contextTokens: 1000, maxOutputTokens: 500 },
  regions: ["us-east-1"],
  residencies: [],
  firstTokenP95Ms: 400,
};
const cost = { inputUsd: 1, cachedInputUsd: 0, outputUsd: 1, totalUsd: 2 };

function why(constraints: Partial<Constraints>, tokens = { input: 100, cachedInput: 0, output: 100 }) {
  return whyUnfit({ candidate, tokens, cost }, [none, { ...none, ...constraints }]);
}

test("fits when nothing is asked", () => assert.equal(why({}), undefined));

const cases: [asks: Partial<Constraints>, code: string, reason: RegExp][] = [
  [{ needsTools: true, needsJsonSchema: true }, "capability", /lacks tools and JSON schema/],
  [{ needsVision: true }, "capability", /lacks vision/],
  [{ minContextTokens: 1001 }, "context", /holds 1000 tokens, but 1001/],
  [{ regions: ["eu-west-1"] }, "place", /served in us-east-1, but eu-west-1/],
  [{ residencies: ["eu"] }, "place", /keeps data in places unknown, but eu/],
  [{ denyFamilies: ["acme"] }, "family", /acme is denied/],
  [{ allowFamilies: ["other"] }, "family", /not among other/],
  [{ maxFirstTokenMs: 399 }, "latency", /400 ms, but at most 399/],
  [{ maxCostUsd: 1.5 }, "cost", /2\.00 USD, but at most 1\.5/],
];
for (const [asks, code, reason] of cases) {
  test(`says why it does not fit ${JSON.stringify(asks)}`, () => {
    assert.equal(why(asks)?.code, code);
    assert.match(why(asks)?.reason ?? "", reason);
  });
}

test("what is asked exactly is met", () => {
  const asks = {
    minContextTokens: 1000,
    regions: ["eu", "us-east-1"],
    allowFamilies: ["acme"],
    maxFirstTokenMs: 400,
    maxCostUsd: 2,
  };
  assert.equal(why(asks), undefined);
});

test("input and expected output together must fit the context, and the output its own limit", () => {
  assert.equal(why({}, { input: 500, cachedInput: 0, output: 500 }), undefined);
  assert.match(
    why({}, { input: 501, cachedInput: 0, output: 500 })?.reason ?? "",
    /holds 1000 tokens, but about 501 in and 500 out/,
  );
  assert.match(why({}, { input: 1, cachedInput: 0, output: 501 })?.reason ?? "", /at most 500 tokens/);
});

test("unknown limits exclude nothing, unknown latency and cost do", () => {
  const unknown = { ...candidate, limits: undefined, firstTokenP95Ms: undefined };
  const tokens = { input: 1e9, cachedInput: 0, output: 1e9 };
  const whyUnknown = (constraints: Partial<Constraints>) =>
    whyUnfit({ candidate: unknown, tokens, cost: undefined }, [{ ...none, ...constraints }])?.code;
  assert.equal(whyUnknown({ minContextTokens: 10 }), undefined);
  assert.equal(whyUnknown({ maxFirstTokenMs: 1 }), "latency");
  assert.equal(whyUnknown({ maxCostUsd: 1 }), "cost");
});
