import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import type { Candidate, Constraints, Estimate } from "./candidate.ts";
import { requirementsOf, singlePrompt } from "./conversation.ts";
import { makePlan, type Plan, type PlanRequest } from "./plan.ts";

const noConstraints: Constraints = requirementsOf(singlePrompt("x"));

function candidate(name: string, usdPerMtok: number | undefined, more: Partial<Candidate> = {}): Candidate {
  return {
    name,
    family: "f",
    endpoints: [{ name: "e" }],
    regions: [],
    residencies: [],
    expectedOutputTokens: 1000,
    ...(usdPerMtok === undefined
      ? {}
      : { price: { inputUsdPerMtok: usdPerMtok, outputUsdPerMtok: usdPerMtok } }),
    ...more,
  };
}

function estimates(qualities: Record<string, number>): Map<string, Estimate> {
  return new Map(
    Object.entries(qualities).map(([name, quality]) => [
      name,
      { quality, qualityLow: quality, qualityHigh: quality, logit: 0 },
    ]),
  );
}

const strong = candidate("strong", 8);
const middle = candidate("middle", 4);
const cheap = candidate("cheap", 1);

function request(more: Partial<PlanRequest> = {}): PlanRequest {
  return {
    candidates: [strong, middle, cheap],
    reference: strong,
    rule: { gate: "dynamic_max", tolerance: 0.25, margin: 0 },
    constraints: [noConstraints],
    characters: 4000,
    estimates: estimates({ strong: 1, middle: 0.75, cheap: 0.5 }),
    forcedTrustState: "route",
    ...more,
  };
}

function plan(more: Partial<PlanRequest> = {}): Plan {
  const made = makePlan(request(more));
  if (!("chosen" in made)) assert.fail(JSON.stringify(made));
  return made;
}

const codes = ({ assessments }: Plan) => assessments.map(({ exclusion }) => exclusion?.code);

test("nothing is chosen by a mean over too few labels, nor does it move the threshold", () => {
  const known = estimates({ strong: 1, middle: 0.75, cheap: 0.5 });
  const young = { ...known.get("cheap")!, quality: 0.99, tooFewLabels: true };
  const made = plan({ estimates: new Map([...known, ["cheap", young]]) });
  assert.equal(made.chosen.candidate.name, "middle");
  assert.equal(made.threshold, 0.75);
  assert.deepEqual(codes(made), [undefined, undefined, "too_few_labels"]);
  const best = { ...young, quality: 1 };
  const alone = plan({ candidates: [cheap], estimates: new Map([["cheap", best]]) });
  assert.ok(alone.isDegraded);
});

test("takes the cheapest feasible candidate and says what it saves and gives up", () => {
  const made = plan();
  assert.equal(made.chosen.candidate, middle);
  assert.equal(made.threshold, 0.75);
  assert.equal(made.expectedSaving, 0.5);
  assert.equal(made.expectedQualityChange, -0.25);
  assert.deepEqual(made.fallbacks, ["strong", "cheap"]);
  assert.deepEqual(codes(made), [undefined, undefined, "below_threshold"]);
  assert.match(made.assessments[2]?.exclusion?.reason ?? "", /0\.5000 is below the threshold 0\.7500/);
  assert.deepEqual(
    made.assessments.map(({ propensity }) => propensity),
    [0, 1, 0],
  );
});

test("only in the state route do decisions serve; otherwise the reference does, and the decision is recommended", () => {
  for (const state of ["cold", "observe", undefined] as const) {
    const made = plan({ forcedTrustState: state });
    assert.equal(made.chosen.candidate, strong);
    assert.equal(made.recommended.candidate, middle);
    assert.equal(made.expectedSaving, 0);
    assert.deepEqual(made.trust, { state: state ?? "cold", isForced: state !== undefined });
    assert.deepEqual(made.fallbacks, ["middle", "cheap"]);
  }
});

test("without estimates the reference serves, degraded", () => {
  const made = plan({ estimates: undefined });
  assert.equal(made.chosen.candidate, strong);
  assert.equal(made.isDegraded, true);
  assert.equal(made.threshold, undefined);
  assert.equal(made.expectedQualityChange, undefined);
  assert.deepEqual(codes(made), [undefined, undefined, undefined]);
});

test("without estimates and with a reference that does not fit, the cheapest that fits serves", () => {
  const small = { ...strong, limits: { contextTokens: 1500, maxOutputTokens: 0 } };
  const made = plan({ estimates: undefined, candidates: [small, middle, cheap], reference: small });
  assert.equal(made.chosen.candidate, cheap);
});

for (const [what, quality] of Object.entries({
  NaN: Number.NaN,
  infinity: Infinity,
  "1.01": 1.01,
  "-0.1": -0.1,
})) {
  test(`an estimate of ${what} is no estimate`, () => {
    const made = plan({ estimates: estimates({ strong: 1, middle: quality, cheap: 0.75 }) });
    assert.equal(made.chosen.candidate, cheap);
    assert.equal(made.assessments[1]?.estimate, undefined);
    assert.equal(made.assessments[1]?.exclusion?.code, "no_estimate");
  });
}

test("estimates for none of those that fit are as good as none", () => {
  assert.equal(plan({ estimates: estimates({ other: 1 }) }).isDegraded, true);
});

test("an unknown price is not feasible by cost, with the reason", () => {
  const made = plan({
    candidates: [strong, middle, candidate("cheap", undefined)],
    rule: { gate: "dynamic_max", tolerance: 1, margin: 0 },
  });
  assert.equal(made.chosen.candidate, middle);
  assert.match(made.assessments[2]?.exclusion?.reason ?? "", /price is unknown, so its cost is/);
});

test("when every price is unknown the predicted best serves and says so", () => {
  const candidates = ["strong", "middle"].map((name) => candidate(name, undefined));
  const made = plan({ candidates });
  assert.equal(made.chosen.candidate.name, "strong");
  assert.match(made.chosen.exclusion?.reason ?? "", /no cost is known at all/);
  assert.equal(made.expectedSaving, undefined);
});

test("nothing fits: no plan, and the reason of each", () => {
  const made = makePlan(request({ constraints: [{ ...noConstraints, needsVision: true }] }));
  assert.ok("exclusions" in made);
  assert.deepEqual(
    made.exclusions.map(({ name, exclusion }) => [name, exclusion.reason]),
    [
      ["strong", "lacks vision"],
      ["middle", "lacks vision"],
      ["cheap", "lacks vision"],
    ],
  );
});

test("the reference is measured against also when the request leaves it out", () => {
  const made = plan({ candidates: [middle, cheap] });
  assert.equal(made.chosen.candidate, middle);
  assert.equal(made.reference.candidate, strong);
  assert.equal(made.expectedSaving, 0.5);
  assert.deepEqual(made.assessments.length, 2);
});

// Laws, over random registries and estimates.
const anyPrice = fc.option(fc.integer({ min: 1, max: 8 }), { nil: undefined, freq: 6 });
const anyQuality = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 0, max: 16 }).map((value) => value / 16) },
  { weight: 1, arbitrary: fc.constantFrom(Number.NaN, -1, 2, Infinity) },
);
const anyPool = fc.array(fc.record({ price: anyPrice, quality: anyQuality, hasVision: fc.boolean() }), {
  minLength: 1,
  maxLength: 8,
});
const anyTolerance = fc.integer({ min: 0, max: 16 }).map((value) => value / 16);
const anyCase = fc.record({ pool: anyPool, tolerance: anyTolerance, needsVision: fc.boolean() });

function requestOf({
  pool,
  tolerance,
  needsVision,
}: typeof anyCase extends fc.Arbitrary<infer T> ? T : never): PlanRequest {
  const candidates = pool.map(({ price, hasVision }, index) =>
    candidate(`c${index}`, price, { capabilities: { tools: false, vision: hasVision, jsonSchema: false } }),
  );
  return request({
    candidates,
    reference: candidates[0]!,
    rule: { gate: "dynamic_max", tolerance, margin: 0 },
    constraints: [{ ...noConstraints, needsVision }],
    estimates: estimates(Object.fromEntries(pool.map(({ quality }, index) => [`c${index}`, quality]))),
  });
}

test("law: who serves always fits, and there is a plan exactly when one fits", () => {
  fc.assert(
    fc.property(anyCase, fc.constantFrom("cold", "route"), (world, state) => {
      const made = makePlan({ ...requestOf(world), forcedTrustState: state });
      const fits = ({ capabilities }: Candidate) => !world.needsVision || capabilities?.vision === true;
      assert.equal("chosen" in made, requestOf(world).candidates.some(fits));
      if ("chosen" in made) {
        assert.ok(fits(made.chosen.candidate) && fits(made.recommended.candidate));
        assert.equal(
          made.assessments.reduce((sum, { propensity }) => sum + propensity, 0),
          1,
        );
        assert.ok(made.fallbacks.every((name) => name !== made.chosen.candidate.name));
      }
    }),
  );
});

test("law: a candidate that does not fit changes nothing for the others", () => {
  fc.assert(
    fc.property(anyCase, anyPrice, anyQuality, (world, price, quality) => {
      const before = requestOf(world);
      const misfit = candidate("misfit", price, { limits: { contextTokens: 10, maxOutputTokens: 0 } });
      const after = makePlan({
        ...before,
        candidates: [...before.candidates, misfit],
        estimates: new Map([
          ...before.estimates!,
          ["misfit", { quality, qualityLow: 0, qualityHigh: 1, logit: 0 }],
        ]),
      });
      const made = makePlan(before);
      if (!("chosen" in made)) return assert.ok("exclusions" in after);
      assert.ok("chosen" in after);
      assert.deepEqual({ ...after, assessments: after.assessments.slice(0, -1) }, made);
    }),
  );
});

test("law: a plan is the same for the same request", () => {
  fc.assert(
    fc.property(anyCase, (world) => assert.deepEqual(makePlan(requestOf(world)), makePlan(requestOf(world)))),
  );
});
