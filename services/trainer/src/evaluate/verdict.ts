import type { Figure } from "@ipr/evaluation";
import { grouped } from "./format-figures.ts";
import type { Conclusion, Rule, Verdict } from "./evaluation.ts";

const ruleNames: Readonly<Record<Rule, string>> = { utility: "utility rule", gate: "gate rule" };

/** Says in words whether routing is worth it on these rows: each rule's area minus the static frontier's, by its interval. */
export function judge(overFrontier: Readonly<Record<Rule, Figure>>, rows: number): Verdict {
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

function conclude({ value, low, high }: Figure): Conclusion {
  if (Number.isNaN(value)) return "nothing-to-route";
  if (low > 0) return "beats";
  return high < 0 ? "does-not-beat" : "cannot-be-told";
}

/** A router may use either rule, so one that beats the frontier is enough. */
function best(rules: Readonly<Record<Rule, Conclusion>>): Conclusion {
  const both = Object.values(rules);
  const order: readonly Conclusion[] = ["beats", "cannot-be-told", "does-not-beat"];
  return order.find((conclusion) => both.includes(conclusion)) ?? "nothing-to-route";
}

function sentence(conclusion: Conclusion, rules: Readonly<Record<Rule, Conclusion>>): string {
  if (conclusion !== "beats") return otherwise[conclusion];
  if (rules.gate === rules.utility) return "Routing beats the static frontier with either rule";
  const winner: Rule = rules.utility === "beats" ? "utility" : "gate";
  const loser: Rule = winner === "utility" ? "gate" : "utility";
  const end = rules[loser] === "does-not-beat" ? "does not" : "cannot be told apart from it";
  return `Routing beats the static frontier with the ${ruleNames[winner]}; the ${ruleNames[loser]} ${end}`;
}

const otherwise: Readonly<Record<Exclude<Conclusion, "beats">, string>> = {
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
