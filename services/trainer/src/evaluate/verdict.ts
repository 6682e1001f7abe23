import type { Figure } from "@ipr/evaluation";
import { figure, grouped, percent } from "./format-figures.ts";
import { type Conclusion, type Rule, type RuleEvaluation, targets, type Verdict } from "./evaluation.ts";

const ruleNames: Readonly<Record<Rule, string>> = { utility: "utility rule", gate: "gate rule" };

/** Says in words whether routing is worth it on these rows: each rule's area minus the static frontier's, by its interval. */
export function judge(
  overFrontier: Readonly<Record<Rule, Figure>>,
  rows: number,
): Omit<Verdict, "atTargets"> {
  const rules = { gate: conclude(overFrontier.gate), utility: conclude(overFrontier.utility) };
  const details = (["utility", "gate"] as const)
    .map((rule) => `${ruleNames[rule]} ${signed(overFrontier[rule])}`)
    .join(", ");
  const conclusion = best(rules);
  return {
    conclusion,
    rules,
    text: `${sentence(conclusion, rules)} (difference in area on ${grouped(rows)} rows: ${details}).`,
  };
}

/** The verdict where routing was not measured. */
export function notJudged(reason: string): Verdict {
  return {
    conclusion: "not-measured",
    rules: { gate: "not-measured", utility: "not-measured" },
    text: `Routing was not measured: ${reason}.`,
    atTargets: [],
  };
}

/** What each rule reached at each target, a sentence each. */
export function targetSentences(
  evaluated: Readonly<Record<Rule, Pick<RuleEvaluation, "targets" | "chosen">>>,
): readonly string[] {
  return (["utility", "gate"] as const).flatMap((rule) =>
    targets.map((target) => {
      const { targets: readings, chosen } = evaluated[rule];
      const { saving, qualityRatio } = readings[target];
      const wanted = `At target ${Math.round(100 * Number(target))} %, ${ruleNames[rule]} (${chosen})`;
      return `${wanted}: saving ${percent(saving)} at quality ratio ${figure(qualityRatio)}`;
    }),
  );
}

function conclude({ value, low, high }: Figure): Conclusion {
  if (Number.isNaN(value)) return "nothing-to-route";
  if (low > 0) return "beats";
  return high < 0 ? "does-not-beat" : "cannot-be-told";
}

/** A router may use either rule, so one that beats the frontier is enough. */
function best(rules: Readonly<Record<Rule, Conclusion>>): Judged {
  const both = Object.values(rules);
  const order = ["beats", "cannot-be-told", "does-not-beat"] as const;
  return order.find((conclusion) => both.includes(conclusion)) ?? "nothing-to-route";
}

type Judged = Exclude<Conclusion, "not-measured">;

function sentence(conclusion: Judged, rules: Readonly<Record<Rule, Conclusion>>): string {
  if (conclusion === "cannot-be-told") return `${otherwise[conclusion]}${worseRule(rules)}`;
  if (conclusion !== "beats") return otherwise[conclusion];
  if (rules.gate === rules.utility) return "Routing beats the static frontier with either rule";
  const winner: Rule = rules.utility === "beats" ? "utility" : "gate";
  const loser: Rule = winner === "utility" ? "gate" : "utility";
  const end = rules[loser] === "does-not-beat" ? "does not" : "cannot be told apart from it";
  return `Routing beats the static frontier with the ${ruleNames[winner]}; the ${ruleNames[loser]} ${end}`;
}

/** One rule may be told to be worse where the other cannot be told. */
function worseRule(rules: Readonly<Record<Rule, Conclusion>>): string {
  const worse = (["utility", "gate"] as const).find((rule) => rules[rule] === "does-not-beat");
  return worse === undefined ? "" : `; the ${ruleNames[worse]} is worse than a fixed mixture of candidates`;
}

const otherwise: Readonly<Record<Exclude<Conclusion, "beats" | "not-measured">, string>> = {
  "does-not-beat":
    "Routing does not beat the static frontier: a fixed mixture of candidates is better, do not route",
  "cannot-be-told": "Whether routing beats the static frontier cannot be told from this much data",
  "nothing-to-route":
    "The cheapest candidate is also the best: send everything to it, there is nothing to route",
};

function signed({ value, low, high }: Figure): string {
  if (Number.isNaN(value)) return "not defined";
  const fixed = (number: number) => `${number < 0 ? "" : "+"}${number.toFixed(3)}`;
  return Number.isNaN(low) ? fixed(value) : `${fixed(value)} [${fixed(low)}, ${fixed(high)}]`;
}
