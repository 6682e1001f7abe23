import type { Candidate } from "@ipr/proto";
import { type AttemptRecord, wasFree } from "../domain/attempt.ts";
import type { TokenUsage } from "../domain/usage.ts";
import { attempt, type Refusal } from "./attempt.ts";
import type { Provider } from "./provider.ts";
import type { Completion } from "./read-completion.ts";
import type { Timeouts } from "./timeouts.ts";

/** How much of an upstream's own words is kept. */
const maxRefusalCharacters = 300;

/** How one completion ended, for a caller inside the process who wants its text. */
export type CompletionEnd =
  | {
      readonly kind: "answered";
      readonly text: string;
      /** The answer was cut by the output limit. */
      readonly isCut: boolean;
      readonly usage: TokenUsage | undefined;
    }
  /** The upstream found fault with the request: asking again changes nothing. */
  | { readonly kind: "refused"; readonly httpStatus: number; readonly message: string }
  | {
      readonly kind: "failed";
      readonly error: string;
      /** 0 when no answer came. */
      readonly httpStatus: number;
      readonly retryAfterMs: number | undefined;
      /** The model may have worked, and its maker may bill it, though nothing came of it. */
      readonly mayBeBilled: boolean;
    };

export interface CompleteOptions {
  readonly candidate: Candidate;
  /** A chat completions body without `model`; it must not ask for a stream. */
  readonly body: Readonly<Record<string, unknown>>;
  readonly provider: Provider;
  readonly timeouts: Timeouts;
  readonly signal: AbortSignal;
  readonly now: () => number;
}

/** Asks one candidate, at its endpoints in order, until one answers or refuses. Never rejects for an upstream's fault. */
export async function complete(options: CompleteOptions): Promise<CompletionEnd> {
  const { candidate, timeouts, signal: caller } = options;
  const signal = AbortSignal.any([caller, AbortSignal.timeout(timeouts.totalMs)]);
  let mayBeBilled = false;
  let last: CompletionEnd = {
    kind: "failed",
    error: "no endpoint is configured",
    httpStatus: 0,
    retryAfterMs: undefined,
    mayBeBilled,
  };
  for (const endpoint of candidate.endpoints) {
    if (signal.aborted) break;
    const body = { ...options.body, model: endpoint.upstreamModel || candidate.name };
    const { record, end } = await attempt({
      provider: options.provider,
      request: { target: { candidate, endpoint }, text: JSON.stringify(body), body },
      sink: undefined,
      choices: 1,
      timeouts,
      caller,
      signal,
      now: options.now,
    });
    if (end.kind === "completion") return answered(end.completion);
    if (end.kind === "refused") return refused(end.refusal);
    mayBeBilled ||= !wasFree(record);
    last = failed(record, end.kind === "failed" ? end.retryAfterMs : undefined, mayBeBilled);
  }
  return last;
}

function failed(
  { error, httpStatus }: AttemptRecord,
  retryAfterMs: number | undefined,
  mayBeBilled: boolean,
): CompletionEnd {
  return { kind: "failed", error, httpStatus, retryAfterMs, mayBeBilled };
}

function refused({ httpStatus, body }: Refusal): CompletionEnd {
  const text = body.toString("utf8");
  return { kind: "refused", httpStatus, message: (messageIn(text) ?? text).slice(0, maxRefusalCharacters) };
}

/** The message of OpenAI's error body. */
function messageIn(text: string): string | undefined {
  try {
    const { error } = JSON.parse(text) as { error?: { message?: unknown } };
    return typeof error?.message === "string" ? error.message : undefined;
  } catch {
    return undefined;
  }
}

interface Choice {
  readonly message?: { readonly content?: unknown };
  readonly finish_reason?: unknown;
}

/** The text of the first choice; a model that says nothing answered with nothing. */
function answered({ body, usage }: Completion): CompletionEnd {
  const { choices } = JSON.parse(body.toString("utf8")) as { choices: readonly (Choice | undefined)[] };
  const content = choices[0]?.message?.content;
  return {
    kind: "answered",
    text: typeof content === "string" ? content : "",
    isCut: choices[0]?.finish_reason === "length",
    usage,
  };
}
