import type { MessageInitShape } from "@bufbuild/protobuf";
import { invalidField, toStatus } from "@ipr/errors";
import { type CallContext, startDeadline, toIprError, type UnexpectedErrorSink, validate } from "@ipr/grpc";
import { type RouteBatchRequest, type RouteBatchResponseSchema, RouteRequestSchema } from "@ipr/proto";
import type { Route } from "./route.ts";

/** Decisions of one batch that are made at once; the rest waits in HTTP/2's flow control, at the caller. */
const maxConcurrentDecisions = 64;
/** How long one decision of a batch may take, whatever the stream's deadline. */
const decisionTimeoutMs = 5_000;

type Answer = MessageInitShape<typeof RouteBatchResponseSchema>;

/** Decides for each request of a stream. Answers come as they are ready; a request that fails, fails alone. */
export function createRouteBatch(route: Route, onUnexpected: UnexpectedErrorSink) {
  const answer = async ({ index, request }: RouteBatchRequest, batch: CallContext): Promise<Answer> => {
    try {
      if (request === undefined) throw invalidField("request", "is required");
      validate(RouteRequestSchema, request);
      const timeoutMs = Math.min(decisionTimeoutMs, batch.remainingMs());
      using deadline = startDeadline("decision", timeoutMs, batch.signal);
      return { index, result: { case: "response", value: await route(request, deadline) } };
    } catch (error) {
      const value = toStatus(toIprError(error, "RouteBatch", onUnexpected));
      return { index, result: { case: "error", value } };
    }
  };

  return async function* (
    requests: AsyncIterable<RouteBatchRequest>,
    batch: CallContext,
  ): AsyncIterable<Answer> {
    const iterator = requests[Symbol.asyncIterator]();
    const open = new Set<Promise<void>>();
    const ready: Answer[] = [];
    const input: { reading?: Promise<void> | undefined; hasEnded: boolean } = { hasEnded: false };

    const start = (request: RouteBatchRequest) => {
      const work = answer(request, batch).then((value) => {
        ready.push(value);
        open.delete(work);
      });
      open.add(work);
    };
    const readOne = async () => {
      const { done, value } = await iterator.next();
      input.reading = undefined;
      if (done) input.hasEnded = true;
      else start(value);
    };
    // Reading and answering go on side by side: a caller may wait for an answer before it asks again.
    while (!input.hasEnded || open.size > 0) {
      if (!input.hasEnded && open.size < maxConcurrentDecisions) input.reading ??= readOne();
      await Promise.race(input.reading ? [input.reading, ...open] : open);
      yield* ready.splice(0);
    }
  };
}
