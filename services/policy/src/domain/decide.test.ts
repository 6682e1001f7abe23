import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { decide, fallbacks, type Option, standIn } from "./decide.ts";
import type { Gate, Rule } from "./threshold.ts";

const strong: Option = { name: "strong", quality: 0.875, costUsd: 0.008 };
const middle: Option = { name: "middle", quality: 0.75, costUsd: 0.004 };
const cheap: Option = { name: "cheap", quality: 0.4375, costUsd: 0.001 };
const options = [strong, middle, cheap];

function rule(tolerance: number, gate: Gate = "dynamic_max", margin = 0): Rule {
  return { gate, tolerance, margin, ...(gate === "static" ? { staticThreshold: 0.5 } : {}) };
}

function chosen(from: readonly Option[], by: Rule): string | undefined {
  return decide(from, by)?.chosen.name;
}

test("takes the cheap candidate exactly at the tolerance that admits it", () => {
  assert.equal(chosen(options, rule(0.5)), "cheap");
  assert.equal(chosen(options, rule(0.5 - 2 ** -20)), "middle");
});

test("dynamic_minmax admits the worst at tolerance 1 and only there", () => {
  assert.equal(chosen(options, rule(1, "dynamic_minmax")), "cheap");
  assert.equal(chosen(options, rule(0.75, "dynamic_minmax")), "middle");
});

test("a static gate looks at its threshold only", () => {
  assert.equal(chosen(options, rule(0, "static")), "middle");
  assert.equal(chosen(options, rule(1, "static")), "middle");
});

test("a positive margin makes it cheaper, a negative one safer", () => {
  assert.equal(chosen(options, rule(0, "dynamic_max", 0.125)), "middle");
  assert.equal(chosen(options, rule(0.5, "dynamic_max", -0.125)), "middle");
});

test("nothing reaches the threshold: the predicted best, and it says so", () => {
  const choice = decide(options, rule(0, "dynamic_max", -0.1));
  assert.equal(choice?.chosen, strong);
  assert.deepEqual(choice.feasible, []);
  assert.equal(choice.exception, "nothing_reaches_threshold");
});

test("equal costs go to the higher estimate, and full ties to the first", () => {
  const twins = [
    { name: "a", quality: 0.5, costUsd: 1 },
    { name: "b", quality: 0.75, costUsd: 1 },
    { name: "c", quality: 0.75, costUsd: 1 },
  ];
  assert.equal(chosen(twins, rule(1)), "b");
  assert.equal(chosen(twins.toReversed(), rule(1)), "c");
});

test("equal best estimates go to the cheaper one", () => {
  const dear = { ...strong, name: "dear", costUsd: 0.01 };
  assert.equal(chosen([dear, strong], rule(0)), "strong");
});

test("an unknown cost is never chosen and does not move the threshold", () => {
  const unpriced: Option = { name: "unpriced", quality: 1, costUsd: undefined };
  assert.deepEqual(decide([unpriced, ...options], rule(0.25)), decide(options, rule(0.25)));
});

test("with no cost known at all the predicted best is taken, and it says so", () => {
  const unpriced = options.map((option) => ({ ...option, costUsd: undefined }));
  const choice = decide(unpriced, rule(1));
  assert.equal(choice?.chosen.name, "strong");
  assert.equal(choice.exception, "every_price_unknown");
});

test("without any estimate there is no choice", () => {
  assert.equal(decide([], rule(0.5)), undefined);
  assert.equal(decide([{ ...strong, quality: undefined }], rule(0.5)), undefined);
});

test("the stand-in is the reference if it fits, else the cheapest, unknown costs last", () => {
  assert.equal(standIn(options, "middle"), middle);
  assert.equal(standIn([{ ...cheap, costUsd: undefined }, middle, strong], "gone"), middle);
  assert.equal(standIn([], "gone"), undefined);
});

test("fallbacks are the other feasible ones by the rule, then the rest by estimate", () => {
  const unknown: Option = { name: "unknown", quality: undefined, costUsd: 0.0001 };
  const all = [unknown, cheap, strong, middle];
  const choice = decide(all, rule(0.25));
  assert.deepEqual(
    fallbacks(all, choice, middle).map(({ name }) => name),
    ["strong", "cheap", "unknown"],
  );
});

// Laws, over random options. Few distinct values, so that ties are common; sums and scales of them are exact.
const sixteenths = fc.integer({ min: 0, max: 16 }).map((value) => value / 16);
const anyCost = fc.option(fc.integer({ min: 1, max: 8 }), { nil: undefined, freq: 5 });
const anyQuality = fc.option(fc.oneof(sixteenths, fc.double({ min: 0, max: 1, noNaN: true })), {
  nil: undefined,
  freq: 6,
});
const anyOptions = fc
  .array(fc.record({ quality: anyQuality, costUsd: anyCost }), { maxLength: 8 })
  .map((list) => list.map((option, index): Option => ({ ...option, name: `c${index}` })));
const anyTolerance = fc.oneof(sixteenths, fc.double({ min: 0, max: 1, noNaN: true }));
const anyGate = fc.constantFrom<Gate>("dynamic_max", "dynamic_minmax", "static");
const anyMargin = fc.constantFrom(0, 0, 0.125, -0.125);
const anyRule = fc.record({
  gate: anyGate,
  tolerance: anyTolerance,
  margin: anyMargin,
  staticThreshold: sixteenths,
});

const isPriced = ({ quality, costUsd }: Option) => quality !== undefined && costUsd !== undefined;

test("law: the choice is the cheapest of those that reach the threshold", () => {
  fc.assert(
    fc.property(anyOptions, anyRule, (options, rule) => {
      const choice = decide(options, rule);
      if (!choice || choice.exception) return;
      const feasible = options.filter((o) => isPriced(o) && o.quality! >= choice.threshold);
      assert.equal(choice.chosen.costUsd, Math.min(...feasible.map(({ costUsd }) => costUsd!)));
      assert.ok(choice.chosen.quality! >= choice.threshold);
      assert.deepEqual(new Set(choice.feasible), new Set(feasible));
    }),
  );
});

test("law: there is a choice exactly when there is an estimate", () => {
  fc.assert(
    fc.property(anyOptions, anyRule, (options, rule) => {
      const hasEstimate = options.some(({ quality }) => quality !== undefined);
      assert.equal(decide(options, rule) !== undefined, hasEstimate);
    }),
  );
});

test("law: never dearer as the tolerance grows", () => {
  fc.assert(
    fc.property(anyOptions, anyRule, anyTolerance, anyTolerance, (options, rule, a, b) => {
      const cost = (tolerance: number) => decide(options, { ...rule, tolerance })?.chosen.costUsd ?? 0;
      assert.ok(cost(Math.max(a, b)) <= cost(Math.min(a, b)));
    }),
  );
});

test("law: tolerance 0 takes the predicted best, ties the cheaper", () => {
  fc.assert(
    fc.property(anyOptions, fc.constantFrom<Gate>("dynamic_max", "dynamic_minmax"), (options, gate) => {
      const priced = options.filter(isPriced);
      fc.pre(priced.length > 0);
      const best = Math.max(...priced.map(({ quality }) => quality!));
      const choice = decide(options, { gate, tolerance: 0, margin: 0 });
      assert.equal(choice?.chosen.quality, best);
      const costs = priced.filter(({ quality }) => quality === best).map(({ costUsd }) => costUsd!);
      assert.equal(choice.chosen.costUsd, Math.min(...costs));
    }),
  );
});

test("law: tolerance 1 takes the cheapest under both dynamic gates", () => {
  fc.assert(
    fc.property(anyOptions, fc.constantFrom<Gate>("dynamic_max", "dynamic_minmax"), (options, gate) => {
      const costs = options.filter(isPriced).map(({ costUsd }) => costUsd!);
      fc.pre(costs.length > 0);
      assert.equal(decide(options, { gate, tolerance: 1, margin: 0 })?.chosen.costUsd, Math.min(...costs));
    }),
  );
});

test("law: the order of the options decides nothing but full ties", () => {
  fc.assert(
    fc.property(anyOptions, anyRule, fc.infiniteStream(fc.nat()), (options, rule, keys) => {
      const keyed = options.map((option) => ({ option, key: keys.next().value }));
      const shuffled = keyed.toSorted((a, b) => a.key - b.key).map(({ option }) => option);
      const before = decide(options, rule);
      const after = decide(shuffled, rule);
      assert.equal(after?.threshold, before?.threshold);
      assert.equal(after?.chosen.costUsd, before?.chosen.costUsd);
      assert.equal(after?.chosen.quality, before?.chosen.quality);
    }),
  );
});

test("law: of full ties the first is taken", () => {
  fc.assert(
    fc.property(anyOptions, anyRule, (options, rule) => {
      const choice = decide(options, rule);
      const first = options.find(
        (o) => o.costUsd === choice?.chosen.costUsd && o.quality === choice?.chosen.quality,
      );
      assert.equal(choice?.chosen, choice && first);
    }),
  );
});

test("law: scaling all prices changes nothing", () => {
  fc.assert(
    fc.property(anyOptions, anyRule, fc.integer({ min: -10, max: 10 }), (options, rule, exponent) => {
      const scaled = options.map((o) => ({
        ...o,
        costUsd: o.costUsd === undefined ? undefined : o.costUsd * 2 ** exponent,
      }));
      const names = (from: readonly Option[]) => decide(from, rule)?.feasible.map(({ name }) => name);
      assert.equal(chosen(scaled, rule), chosen(options, rule));
      assert.deepEqual(names(scaled), names(options));
    }),
  );
});

test("law: equal input gives equal output, and the input is left as it is", () => {
  fc.assert(
    fc.property(anyOptions, anyRule, (options, rule) => {
      const copy = structuredClone(options);
      assert.deepEqual(decide(options, rule), decide(copy, rule));
      assert.deepEqual(options, copy);
    }),
  );
});

test("law: every option but the one that serves is a fallback, once", () => {
  fc.assert(
    fc.property(anyOptions, anyRule, (options, rule) => {
      const choice = decide(options, rule);
      const served = choice?.chosen ?? options[0];
      fc.pre(served !== undefined);
      const rest = fallbacks(options, choice, served);
      assert.equal(rest.length, options.length - 1);
      assert.deepEqual(new Set([...rest, served]), new Set(options));
    }),
  );
});
