import assert from "node:assert/strict";
import { test } from "node:test";
import { create } from "@bufbuild/protobuf";
import { DecisionEventSchema } from "@ipr/proto";
import { choiceOf, isUsable, maxWeight } from "./choice.ts";

const decisionWith = (propensity: number, logit: number | undefined = 1.5) =>
  create(DecisionEventSchema, {
    decisionId: "d",
    tenant: "acme",
    bundle: "b",
    model: "small",
    actions: [
      { candidate: "large", logit: 3, propensity: 1 - propensity },
      { candidate: "small", ...(logit === undefined ? {} : { logit }), propensity },
    ],
  });

test("the lesson is about the candidate that was chosen, weighted by how rarely it is drawn", () => {
  assert.deepEqual(choiceOf(decisionWith(0.25)), {
    decisionId: "d",
    tenant: "acme",
    bundle: "b",
    candidate: "small",
    logit: 1.5,
    weight: 4,
  });
});

test("the weight of a rare draw is clipped, and a propensity that is none counts as certain", () => {
  const weight = (propensity: number) => {
    const choice = choiceOf(decisionWith(propensity));
    return isUsable(choice) ? choice.weight : undefined;
  };
  assert.equal(weight(0.001), maxWeight);
  assert.equal(weight(1), 1);
  for (const wrong of [0, -1, 2, Number.NaN]) assert.equal(weight(wrong), 1);
});

test("a decision without an estimate of its choice teaches nothing", () => {
  const degraded = create(DecisionEventSchema, { decisionId: "d", model: "small", degraded: true });
  assert.equal(isUsable(choiceOf(degraded)), false);
  assert.equal(isUsable(choiceOf(decisionWith(0.5, Number.NaN))), false);
  const infinite = choiceOf(decisionWith(0.5, Number.POSITIVE_INFINITY));
  assert.equal(isUsable(infinite), false);
  const large = choiceOf(decisionWith(0.5, 1e9));
  assert.ok(isUsable(large) && large.logit === 30);
});
