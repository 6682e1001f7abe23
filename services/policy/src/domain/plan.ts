import type { Candidate, Constraints, Estimate } from "./candidate.ts";
import { type Cost, expectedCost, inputTokens, outputTokens, type Tokens } from "./cost.ts";
import { type Choice, decide, fallbacks, type Option, standIn } from "./decide.ts";
import { type Exclusion, whyUnfit } from "./fit.ts";
import type { Rule } from "./threshold.ts";
import { type Trust, trustOf, type TrustState } from "./trust.ts";

/** All that a decision is made from. Equal requests give equal plans. */
export interface PlanRequest {
  /** Those considered, in the router's order, which breaks exact ties. */
  readonly candidates: readonly Candidate[];
  /** What savings and quality are measured against. It need not be among those considered. */
  readonly reference: Candidate;
  readonly rule: Rule;
  /** All of them must hold: the router's, the request's, and what the conversation itself asks. */
  readonly constraints: readonly Constraints[];
  /** Length of all that the candidate will read. */
  readonly characters: number;
  readonly expectedOutputTokens?: number | undefined;
  readonly maxOutputTokens?: number | undefined;
  /** Undefined when the estimator did not answer. */
  readonly estimates: ReadonlyMap<string, Estimate> | undefined;
  readonly forcedTrustState: TrustState | undefined;
}

/** What was known about one candidate. */
export interface Assessment {
  readonly candidate: Candidate;
  /** Undefined when there is none, or when what came is no quality. */
  readonly estimate: Estimate | undefined;
  readonly tokens: Tokens;
  readonly cost: Cost | undefined;
  /** Why it could not be chosen; undefined when it could. */
  readonly exclusion: Exclusion | undefined;
  /** Probability with which it is drawn, in [0, 1]. */
  readonly propensity: number;
}

export interface Plan {
  /** Who answers. */
  readonly chosen: Assessment;
  /** Who the estimates would choose; differs from `chosen` only outside the trust state `route`. */
  readonly recommended: Assessment;
  /** Names, in the order to try. */
  readonly fallbacks: readonly string[];
  readonly reference: Assessment;
  /** Undefined when degraded. */
  readonly threshold: number | undefined;
  readonly assessments: readonly Assessment[];
  /** 1 - cost of the choice / cost of the reference; undefined when either is unknown. */
  readonly expectedSaving: number | undefined;
  /** The choice's quality estimate minus the reference's. */
  readonly expectedQualityChange: number | undefined;
  readonly trust: Trust;
  /** True when no candidate that fits has an estimate, so that nothing could be decided by quality. */
  readonly isDegraded: boolean;
}

/** Why there is no plan: every candidate breaks a hard constraint. */
export interface NothingFits {
  readonly exclusions: readonly { readonly name: string; readonly exclusion: Exclusion }[];
}

/** Decides who answers, and explains it. */
export function makePlan(request: PlanRequest): Plan | NothingFits {
  const facts = request.candidates.map((candidate) => factsOf(candidate, request));
  const fitting = facts.filter(({ unfit }) => unfit === undefined);
  const options = fitting.map(toOption);
  const choice = request.estimates && decide(options, request.rule);
  const trust = trustOf(request.forcedTrustState);
  const recommended = choice?.chosen ?? standIn(options, request.reference.name);
  const served = trust.state === "route" ? recommended : standIn(options, request.reference.name);
  if (recommended === undefined || served === undefined) return { exclusions: exclusionsOf(facts) };

  const assessments = facts.map((fact) => assess(fact, choice, served));
  const assessmentOf = ({ name }: Option) =>
    assessments.find(({ candidate }) => candidate.name === name) as Assessment;
  const chosen = assessmentOf(served);
  const reference =
    assessments.find(({ candidate }) => candidate.name === request.reference.name) ??
    assess(factsOf(request.reference, request), choice, served);
  return {
    chosen,
    recommended: assessmentOf(recommended),
    fallbacks: fallbacks(options, choice, served).map(({ name }) => name),
    reference,
    threshold: choice?.threshold,
    assessments,
    expectedSaving: savingOf(chosen, reference),
    expectedQualityChange: difference(chosen.estimate?.quality, reference.estimate?.quality),
    trust,
    isDegraded: choice === undefined,
  };
}

/** A candidate before anything is decided. */
interface Facts {
  readonly candidate: Candidate;
  readonly estimate: Estimate | undefined;
  readonly tokens: Tokens;
  readonly cost: Cost | undefined;
  readonly unfit: Exclusion | undefined;
}

function factsOf(candidate: Candidate, request: PlanRequest): Facts {
  const estimate = request.estimates?.get(candidate.name);
  const tokens: Tokens = {
    input: inputTokens(candidate, request.characters),
    cachedInput: 0,
    output: outputTokens(candidate, {
      expected: request.expectedOutputTokens,
      max: request.maxOutputTokens,
      predicted: estimate?.outputTokens,
    }),
  };
  const cost = expectedCost(candidate, tokens);
  return {
    candidate,
    estimate: estimate && isQuality(estimate.quality) ? estimate : undefined,
    tokens,
    cost,
    unfit: whyUnfit({ candidate, tokens, cost }, request.constraints),
  };
}

/** What is not a number from 0 to 1 is no estimate: better none than one that wins every comparison. */
function isQuality(value: number): boolean {
  return value >= 0 && value <= 1;
}

/** A mean over too few labels is shown, but it is nothing to choose by: to the rule there is no estimate. */
function toOption({ candidate: { name }, estimate, cost }: Facts): Option {
  const quality = estimate?.tooFewLabels ? undefined : estimate?.quality;
  return { name, quality, costUsd: cost?.totalUsd };
}

function assess(facts: Facts, choice: Choice | undefined, served: Option): Assessment {
  const { candidate, estimate, tokens, cost, unfit } = facts;
  return {
    candidate,
    estimate,
    tokens,
    cost,
    exclusion: unfit ?? (choice && whyNotFeasible(facts, choice)),
    propensity: candidate.name === served.name ? 1 : 0,
  };
}

/** Why one that fits is not feasible, once there are estimates to decide by. */
function whyNotFeasible({ candidate, estimate, cost }: Facts, choice: Choice): Exclusion | undefined {
  if (estimate === undefined) {
    return { code: "no_estimate", reason: "the active bundle has no estimate for it" };
  }
  if (estimate.tooFewLabels) {
    const reason = "the active bundle has too few labels of it: it knows its mean only, whatever the prompt";
    return { code: "too_few_labels", reason };
  }
  if (cost === undefined) {
    const unknown = candidate.price ? "its answer's expected length is unknown" : "its price is unknown";
    const exception =
      choice.exception === "every_price_unknown" && choice.chosen.name === candidate.name
        ? ": chosen as the predicted best, because no cost is known at all"
        : "";
    return { code: "unknown_price", reason: `${unknown}, so its cost is${exception}` };
  }
  if (estimate.quality >= choice.threshold) return undefined;
  const exception =
    choice.chosen.name === candidate.name ? ": chosen as the predicted best, because nothing reaches it" : "";
  const text = `estimate ${rounded(estimate.quality)} is below the threshold ${rounded(choice.threshold)}`;
  return { code: "below_threshold", reason: text + exception };
}

function exclusionsOf(facts: readonly Facts[]): NothingFits["exclusions"] {
  return facts.flatMap(({ candidate: { name }, unfit }) => (unfit ? [{ name, exclusion: unfit }] : []));
}

function savingOf(chosen: Assessment, reference: Assessment): number | undefined {
  if (!chosen.cost || !reference.cost || reference.cost.totalUsd === 0) return undefined;
  return 1 - chosen.cost.totalUsd / reference.cost.totalUsd;
}

function difference(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? undefined : a - b;
}

function rounded(value: number): string {
  return value.toFixed(4);
}
