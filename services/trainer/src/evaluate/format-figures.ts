import type { Figure } from "@ipr/evaluation";
import type { Rule } from "./evaluation.ts";

/** A number for people: three decimals, n/a where the data do not define it. */
export function number(value: number, digits = 3): string {
  return Number.isNaN(value) ? "n/a" : value.toFixed(digits);
}

export function figure({ value, low, high }: Figure, digits = 3): string {
  if (Number.isNaN(low)) return number(value, digits);
  return `${number(value, digits)} [${number(low, digits)}, ${number(high, digits)}]`;
}

export function percentage(share: number): string {
  return Number.isNaN(share) ? "n/a" : `${(100 * share).toFixed(1)}%`;
}

export function percent({ value, low, high }: Figure): string {
  if (Number.isNaN(low)) return percentage(value);
  return `${percentage(value)} [${percentage(low)}, ${percentage(high)}]`;
}

const settingNames: Readonly<Record<Rule, string>> = { gate: "tolerance", utility: "USD weight" };

/** A setting with its name, as a person would type it; none means that only the reference itself met the target. */
export function setting(rule: Rule, value: number | null): string {
  return value === null ? "reference" : `${settingNames[rule]} ${Number(value.toPrecision(3))}`;
}

export function usdPerThousand(costUsd: number): string {
  return Number.isNaN(costUsd) ? "n/a" : String(Number((1_000 * costUsd).toPrecision(3)));
}

export function grouped(count: number): string {
  return count.toLocaleString("en-US");
}
