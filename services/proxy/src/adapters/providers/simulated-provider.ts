import { setImmediate } from "node:timers/promises";
import type { Provider, UpstreamRequest } from "../../answering/provider.ts";
import { outputLimit } from "../../domain/output-limit.ts";
import { simulatedAnswer, type SimulatedAnswer } from "../../domain/simulated-answer.ts";

const defaultCharactersPerToken = 4;

export interface SimulatedProviderOptions {
  readonly now: () => number;
  readonly newId: () => string;
}

/** Answers from this process, in OpenAI's format, JSON or stream, and says in the text that it does. */
export function createSimulatedProvider({ now, newId }: SimulatedProviderOptions): Provider {
  return {
    async send(request, signal) {
      const answer = simulatedAnswer(toSimulatedRequest(request));
      const { body, target } = request;
      const choices = typeof body["n"] === "number" ? body["n"] : 1;
      const isStream = body["stream"] === true;
      const reply: Reply = {
        answer,
        choices,
        id: `chatcmpl-${newId()}`,
        created: Math.floor(now() / 1000),
        model: target.candidate.name,
      };
      return {
        httpStatus: 200,
        mediaType: isStream ? "text/event-stream" : "application/json",
        requestId: undefined,
        retryAfterMs: undefined,
        body: encoded(isStream ? chunks(reply) : [JSON.stringify(completion(reply))], signal),
        discard() {},
      };
    },
    async close() {},
  };
}

interface Reply {
  readonly answer: SimulatedAnswer;
  readonly choices: number;
  readonly id: string;
  readonly created: number;
  readonly model: string;
}

function toSimulatedRequest({ target: { candidate }, body }: UpstreamRequest) {
  const texts = Array.isArray(body["messages"]) ? body["messages"].map(textOf) : [];
  const format = (body["response_format"] as { type?: unknown } | null)?.type;
  return {
    candidate: candidate.name,
    charactersPerToken: candidate.charactersPerToken ?? defaultCharactersPerToken,
    promptText: texts.at(-1) ?? "",
    inputCharacters: texts.reduce((sum, text) => sum + text.length, 0),
    wantsJson: format === "json_object" || format === "json_schema",
    maxOutputTokens: outputLimit(body),
  };
}

function textOf(message: { content?: unknown }): string {
  const { content } = message;
  if (typeof content === "string") return content;
  const parts = Array.isArray(content) ? (content as { text?: unknown }[]) : [];
  return parts.map((part) => (typeof part?.text === "string" ? part.text : "")).join("");
}

function completion({ answer, choices, id, created, model }: Reply): object {
  const message = { role: "assistant", content: answer.pieces.join(""), refusal: null };
  return {
    id,
    object: "chat.completion",
    created,
    model,
    choices: Array.from({ length: choices }, (_, index) => ({
      index,
      message,
      logprobs: null,
      finish_reason: answer.finishReason,
    })),
    usage: usageOf(answer, choices),
  };
}

function* chunks({ answer, choices, id, created, model }: Reply): Iterable<string> {
  const chunk = (fields: object) => {
    const body = { id, object: "chat.completion.chunk", created, model, ...fields };
    return `data: ${JSON.stringify(body)}\n\n`;
  };
  const delta = (index: number, content: object, finish_reason: string | null = null) =>
    chunk({ choices: [{ index, delta: content, finish_reason }] });
  for (let index = 0; index < choices; index++) {
    yield delta(index, { role: "assistant", content: "" });
    for (const content of answer.pieces) yield delta(index, { content });
    yield delta(index, {}, answer.finishReason);
  }
  yield chunk({ choices: [], usage: usageOf(answer, choices) });
  yield "data: [DONE]\n\n";
}

function usageOf({ usage }: SimulatedAnswer, choices: number): object {
  const completionTokens = usage.outputTokens * choices;
  return {
    prompt_tokens: usage.inputTokens,
    completion_tokens: completionTokens,
    total_tokens: usage.inputTokens + completionTokens,
    prompt_tokens_details: { cached_tokens: 0 },
    completion_tokens_details: { reasoning_tokens: 0 },
  };
}

/** One piece each turn of the event loop, so that a stream arrives as one. */
async function* encoded(texts: Iterable<string>, signal: AbortSignal): AsyncIterable<Uint8Array> {
  for (const text of texts) {
    await setImmediate();
    signal.throwIfAborted();
    yield Buffer.from(text);
  }
}
