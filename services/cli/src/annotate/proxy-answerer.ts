import { costUsd, createCompleter, type CompleterOptions, type CompletionEnd } from "@ipr/proxy";
import type { Answer, Answerer, NoAnswer, Question } from "@ipr/trainer";

/** Asks models through the proxy's own providers: the same endpoints, keys, deadlines and rules of failure. */
export function createProxyAnswerer(options: CompleterOptions): Answerer & AsyncDisposable {
  const completer = createCompleter(options);
  const closing = new AbortController();
  return {
    answer: async (question) =>
      toAnswer(await completer.complete(question.model, bodyOf(question), closing.signal), question),
    async [Symbol.asyncDispose]() {
      closing.abort();
      await completer.close();
    },
  };
}

function bodyOf({ model, messages, maxOutputTokens, temperature }: Question): Record<string, unknown> {
  // Models that reason know the limit by its new name only, and many servers of others by its old one.
  const limit = model.capabilities?.reasoning ? "max_completion_tokens" : "max_tokens";
  return { messages, [limit]: maxOutputTokens, ...(temperature === undefined ? {} : { temperature }) };
}

function toAnswer(end: CompletionEnd, { model }: Question): Answer | NoAnswer {
  switch (end.kind) {
    case "answered":
      return {
        kind: "answered",
        text: end.text,
        isCut: end.isCut,
        inputTokens: end.usage?.inputTokens,
        outputTokens: end.usage?.outputTokens,
        costUsd: costUsd(end.usage, model.price),
      };
    case "refused":
      return { kind: "refused", why: `${model.name} refused: HTTP ${end.httpStatus}: ${end.message}` };
    case "failed": {
      const { error, httpStatus, retryAfterMs, mayBeBilled } = end;
      return { kind: "failed", why: `${model.name}: ${error}`, httpStatus, retryAfterMs, mayBeBilled };
    }
    default:
      return end satisfies never;
  }
}
