import assert from "node:assert/strict";
import { test } from "node:test";
import { type CandidateFacts, type HardConstraints, referenceOrder } from "./reference-order.ts";

const candidate = (name: string, facts: Partial<CandidateFacts> = {}): CandidateFacts => ({
  name,
  family: name,
  regions: [],
  residencies: [],
  ...facts,
});
const constraints = (given: Partial<HardConstraints>): HardConstraints => ({
  needsTools: false,
  needsVision: false,
  needsJsonSchema: false,
  minContextTokens: 0,
  regions: [],
  residencies: [],
  allowFamilies: [],
  denyFamilies: [],
  ...given,
});
const order = (candidates: readonly CandidateFacts[], ...given: Partial<HardConstraints>[]) =>
  referenceOrder({ reference: "ref", candidates, constraints: given.map(constraints) });

test("the reference comes first, the others in the router's order", () => {
  assert.deepEqual(order([candidate("a"), candidate("ref"), candidate("b")], {}), ["ref", "a", "b"]);
});

test("a fallback must keep the router's constraints and the request's", () => {
  const able = { tools: true, vision: false, jsonSchema: true };
  const european = candidate("eu", { residencies: ["eu"], capabilities: able });
  const candidates = [
    candidate("us", { residencies: ["us"], capabilities: able }),
    european,
    candidate("ref"),
  ];
  assert.deepEqual(order(candidates, { residencies: ["eu"] }), ["ref", "eu"]);
  assert.deepEqual(order(candidates, { residencies: ["eu"] }, { needsTools: true }), ["ref", "eu"]);
  assert.deepEqual(order(candidates, { residencies: ["eu"] }, { needsVision: true }), ["ref"]);
  assert.deepEqual(order(candidates, { denyFamilies: ["us"] }, { allowFamilies: ["us", "ref"] }), ["ref"]);
});

test("an unknown place keeps no constraint of place, an unknown context excludes nothing", () => {
  const candidates = [candidate("a"), candidate("small", { limits: { contextTokens: 10 } })];
  assert.deepEqual(order(candidates, { regions: ["us-east-1"] }), []);
  assert.deepEqual(order(candidates, { minContextTokens: 100 }), ["a"]);
});
