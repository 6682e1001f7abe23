import type { ServerResponse } from "node:http";
import { IprError } from "@ipr/errors";
import { startDeadline } from "@ipr/grpc";
import { type OutcomeEvent, Protocol } from "@ipr/proto";
import type { RegistryStore } from "@ipr/registry";
import type { Refusal } from "../answering/attempt.ts";
import type { Breakers } from "../answering/breakers.ts";
import { type AttemptWatcher, callInOrder, type CallResult } from "../answering/call-in-order.ts";
import { type Decide, type Decision, directDecision } from "../answering/decision.ts";
import { outcomeOf, spentUsd } from "../answering/outcome.ts";
import type { Provider, Target } from "../answering/provider.ts";
import type { Completion } from "../answering/read-completion.ts";
import type { Timeouts } from "../answering/timeouts.ts";
import { upstreamFailed } from "../answering/upstream-failed.ts";
import { type AnswerFacts, factHeaders, factObject } from "./answer-facts.ts";
import { callerSignal, ended } from "./caller-signal.ts";
import { type ChatRequest, parseChatRequest } from "./chat-request.ts";
import { type HttpHandler, sendBody } from "./endpoint.ts";
import { toHttpError } from "./error-table.ts";
import { parseJsonBody } from "./json-body.ts";
import { candidateNamed, routerPrefix } from "./models.ts";
import { toRouteRequest } from "./route-request.ts";
import { breakStream, finishStream, streamSink } from "./stream-reply.ts";

export interface ChatDependencies {
  readonly decide: Decide;
  readonly registry: Pick<RegistryStore, "current">;
  readonly provider: Provider;
  readonly breakers: Breakers;
  readonly watcher: AttemptWatcher;
  readonly maxAttempts: number;
  readonly timeouts: Timeouts;
  readonly newId: () => string;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Takes the record of how a decision ended; called once for each. */
  readonly record: (outcome: OutcomeEvent) => void;
}

/** POST /v1/chat/completions. */
export function chatCompletions(dependencies: ChatDependencies): HttpHandler {
  return async (request, response) => {
    const caller = callerSignal(response);
    const chat = parseChatRequest(parseJsonBody(request.body as Buffer), request.headers);
    using deadline = startDeadline("chat completion", dependencies.timeouts.totalMs, caller);
    try {
      const decision = await decisionFor(chat, dependencies, deadline.signal);
      await new Exchange(dependencies, chat, decision, response).run(caller, deadline.signal);
    } catch (error) {
      // Nobody is left to hear of it.
      if (!caller.aborted || !(error instanceof IprError || error === caller.reason)) throw error;
    }
  };
}

function decisionFor(
  chat: ChatRequest,
  { decide, registry, newId }: ChatDependencies,
  signal: AbortSignal,
): Promise<Decision> | Decision {
  if (chat.model.startsWith(routerPrefix)) {
    return decide(toRouteRequest(chat, chat.model.slice(routerPrefix.length)), signal);
  }
  return directDecision(newId(), candidateNamed(chat.model, registry.current()).name);
}

/** One decided request and its answer. */
class Exchange {
  readonly #dependencies: ChatDependencies;
  readonly #chat: ChatRequest;
  readonly #decision: Decision;
  readonly #response: ServerResponse;

  constructor(
    dependencies: ChatDependencies,
    chat: ChatRequest,
    decision: Decision,
    response: ServerResponse,
  ) {
    this.#dependencies = dependencies;
    this.#chat = chat;
    this.#decision = decision;
    this.#response = response;
  }

  async run(caller: AbortSignal, signal: AbortSignal): Promise<void> {
    const { provider, breakers, watcher, maxAttempts, timeouts } = this.#dependencies;
    const result = await callInOrder({
      targets: this.#targets(),
      provider,
      breakers,
      watcher,
      maxAttempts,
      timeouts,
      now: () => performance.now(),
      textFor: ({ candidate, endpoint }) => this.#chat.textFor(endpoint.upstreamModel || candidate.name),
      body: this.#chat.body,
      choices: this.#chat.choices,
      sinkFor: this.#chat.isStream
        ? (target, attempts) =>
            streamSink(this.#response, {
              headers: () => factHeaders(this.#facts({ target, attempts, costUsd: undefined })),
              signal,
            })
        : undefined,
      caller,
      signal,
    });
    try {
      await this.#reply(result);
    } finally {
      await this.#record(result, caller, signal);
    }
  }

  /** Every endpoint of every candidate of the decision, as far as this process's registry knows them. */
  #targets(): Target[] {
    const view = this.#dependencies.registry.current();
    return this.#decision.order
      .map((name) => view.candidate(name))
      .filter((candidate) => candidate !== undefined)
      .flatMap((candidate) => candidate.endpoints.map((endpoint) => ({ candidate, endpoint })));
  }

  async #reply(result: CallResult): Promise<void> {
    const { end } = result;
    switch (end.kind) {
      case "completion":
        return this.#replyCompletion(end.completion, end.requestId, result);
      case "stream":
        return finishStream(this.#response, {
          tail: end.tail,
          wantsUsage: this.#chat.wantsUsage,
          facts: this.#factObject(result),
        });
      case "refused":
        return this.#replyRefusal(end.refusal, result);
      case "broken":
        return breakStream(this.#response, toHttpError(upstreamFailed(this.#decision, result)).body);
      case "failed":
        for (const [name, value] of Object.entries(this.#headers(result, undefined))) {
          this.#response.setHeader(name, value);
        }
        throw upstreamFailed(this.#decision, result);
      case "left":
        return;
      default:
        end satisfies never;
    }
  }

  #replyCompletion({ body }: Completion, requestId: string | undefined, result: CallResult): void {
    const headers = { ...this.#headers(result, result.target), ...requestIdHeader(requestId) };
    if (!this.#chat.options.explain) return sendBody(this.#response, 200, body, headers);
    const text = body.toString("utf8").trimEnd();
    const ipr = JSON.stringify(this.#factObject(result));
    sendBody(this.#response, 200, `${text.slice(0, -1)},"ipr":${ipr}}`, headers);
  }

  #replyRefusal({ httpStatus, mediaType, requestId, body }: Refusal, result: CallResult): void {
    sendBody(this.#response, httpStatus, body, {
      ...(mediaType === "" ? {} : { "content-type": mediaType }),
      ...this.#headers(result, result.target),
      ...requestIdHeader(requestId),
    });
  }

  async #record(result: CallResult, caller: AbortSignal, signal: AbortSignal): Promise<void> {
    const hasAnswer = result.end.kind === "completion" || result.end.kind === "stream";
    const isWhole = hasAnswer && (await ended(this.#response, signal));
    const hasLeft = result.end.kind === "left" || (caller.aborted && result.end.kind !== "broken");
    const { registry, now, record } = this.#dependencies;
    record(
      outcomeOf({
        decision: this.#decision,
        tenant: this.#chat.options.tenant ?? "",
        result,
        end: isWhole ? "completed" : hasLeft ? "cancelled" : "failed",
        streamed: this.#chat.isStream,
        endedAtMs: now(),
        lookup: (name) => registry.current().candidate(name),
      }),
    );
  }

  #headers(result: CallResult, target: Target | undefined): Record<string, string> {
    const costUsd = target && this.#spentUsd(result);
    return factHeaders(this.#facts({ target, attempts: result.attempts.length, costUsd }));
  }

  #factObject(result: CallResult): object {
    const { target, attempts } = result;
    const facts = this.#facts({ target, attempts: attempts.length, costUsd: this.#spentUsd(result) });
    return factObject(facts, attempts.at(-1)?.usage, this.#chat.options.explain === true);
  }

  #facts(seen: { target: Target | undefined; attempts: number; costUsd: number | undefined }): AnswerFacts {
    return {
      decision: this.#decision,
      model: seen.target?.candidate.name,
      attempts: seen.attempts,
      simulated: seen.target?.endpoint.protocol === Protocol.SIMULATED,
      costUsd: seen.costUsd,
    };
  }

  #spentUsd({ attempts }: CallResult): number | undefined {
    const view = this.#dependencies.registry.current();
    return spentUsd(attempts, (name) => view.candidate(name));
  }
}

function requestIdHeader(requestId: string | undefined): Record<string, string> {
  return requestId === undefined ? {} : { "x-request-id": requestId };
}
