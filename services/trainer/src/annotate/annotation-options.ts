import { IprError, invalidField, status } from "@ipr/errors";
import { type Candidate, Protocol, type Registry } from "@ipr/proto";
import type { Answerer } from "./answerer.ts";
import { type AnnotationSettings, settingsOf } from "./annotation-settings.ts";
import { createJudge, type JudgeOptions } from "./judges/judge-options.ts";
import type { Judge } from "./judges/judge.ts";

/** What every way to annotate is told. */
export interface AnnotationOptions {
  readonly candidates: readonly string[];
  readonly judge: JudgeOptions;
  /** Endpoints resolved: who answers, and at what price. */
  readonly registry: Registry;
  readonly maxOutputTokens: number;
  readonly maxJudgeOutputTokens: number;
  readonly temperature?: number | undefined;
  readonly maxUsd?: number | undefined;
  readonly allowUnknownPrices?: boolean | undefined;
  /** Let made-up answers of this program be labelled, as a rehearsal. */
  readonly allowSimulated?: boolean | undefined;
}

/** What calls are made with, beside the options. */
export interface CallOptions {
  readonly answerer: Answerer;
  /** Answers that are got and judged at once. */
  readonly concurrency: number;
  readonly retryFailed?: boolean | undefined;
  readonly now: () => number;
  readonly random: () => number;
}

/** The options, looked up and checked. */
export interface Plan {
  readonly candidates: readonly Candidate[];
  readonly judge: Judge;
  readonly judgeModel: Candidate | undefined;
  readonly reference: Candidate | undefined;
  readonly settings: AnnotationSettings;
}

/**
 * Looks the models up.
 *
 * @throws IprError UNKNOWN_CANDIDATE or INVALID_FIELD that says what to do.
 */
export function planAnnotation(options: AnnotationOptions): Plan {
  const { registry } = options;
  const judge = createJudge(options.judge);
  const candidates = [...new Set(options.candidates)].map((name) => find(registry, name, "--candidates"));
  const judgeModel = judge.model === undefined ? undefined : find(registry, judge.model, "--judge");
  const reference =
    judge.comparesWith === undefined ? undefined : find(registry, judge.comparesWith, "--reference");
  const { maxOutputTokens, maxJudgeOutputTokens, temperature } = options;
  const settings = settingsOf({ judge, maxOutputTokens, maxJudgeOutputTokens, temperature });
  return { candidates, judge, judgeModel, reference, settings };
}

/**
 * Refuses what would make worthless labels or unbounded bills.
 *
 * @throws IprError INVALID_FIELD that says what to do.
 */
export function checkCallable(
  { candidates, judgeModel, reference }: Plan,
  { allowSimulated = false, allowUnknownPrices = false }: AnnotationOptions,
): void {
  for (const model of [...candidates, judgeModel, reference]) {
    if (model === undefined) continue;
    checkServed(model, allowSimulated);
    if (!model.price && !allowUnknownPrices) throw unpriced(model.name);
  }
  if (judgeModel !== undefined && isSimulated(judgeModel)) throw simulatedJudge(judgeModel.name);
}

function find({ candidates }: Registry, name: string, option: string): Candidate {
  const found = candidates.find((candidate) => candidate.name === name);
  if (found) return found;
  const known = candidates.map((candidate) => candidate.name).join(", ");
  throw new IprError(
    status.NOT_FOUND,
    "UNKNOWN_CANDIDATE",
    `${option}: the registry has no candidate "${name}"; it has ${known}`,
    { metadata: { candidate: name, known } },
  );
}

function checkServed({ name, endpoints }: Candidate, allowSimulated: boolean): void {
  if (endpoints.length === 0)
    throw invalidField(
      "--registry",
      `${name} has no endpoint: give it one there, or set IPR_UPSTREAM_BASE_URL, OPENAI_API_KEY or ANTHROPIC_API_KEY`,
    );
  if (!allowSimulated && isSimulated({ endpoints }))
    throw invalidField(
      "--registry",
      `no provider is configured for ${name}: its answers would be made up, and their labels worthless; give it an endpoint, or set IPR_UPSTREAM_BASE_URL, OPENAI_API_KEY or ANTHROPIC_API_KEY (--allow-simulated goes on, as a rehearsal)`,
    );
}

/** Whether this program makes the model's answers up. */
export function isSimulated({ endpoints }: Pick<Candidate, "endpoints">): boolean {
  return endpoints.some(({ protocol }) => protocol === Protocol.SIMULATED);
}

function simulatedJudge(name: string): IprError {
  return invalidField(
    "--judge",
    `${name} is simulated, and no made-up reply can be read as a verdict; rehearse with --judge exact, numeric, choice or f1, or give the judge a provider`,
  );
}

function unpriced(name: string): IprError {
  return invalidField(
    "--registry",
    `${name} has no price there, so what it costs cannot be known or limited; give its price, or --allow-unknown-prices`,
  );
}
