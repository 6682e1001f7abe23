import { SseScanner } from "../domain/sse-scanner.ts";
import { type ChunkIdentity, StreamReader } from "../domain/stream-reader.ts";
import type { TokenUsage } from "../domain/usage.ts";
import type { UpstreamResponse } from "./provider.ts";
import { UpstreamFault } from "./upstream-fault.ts";
import type { Watchdog } from "./watchdog.ts";

/** The largest event of a stream: tool arguments and base64 audio come in one. */
const maxStreamEventBytes = 4 * 1024 * 1024;

/** The caller's end of a stream. */
export interface StreamSink {
  /** Called once, before the first byte: from here on nothing can be taken back. */
  begin(): void;
  /** Resolves when the caller can take more. */
  write(bytes: Uint8Array): Promise<void>;
}

/** What is left when every part has been passed on. */
export interface StreamTail {
  readonly identity: ChunkIdentity | undefined;
  /** The upstream's chunk of usage, as JSON, which was kept back. */
  readonly usageChunk: string | undefined;
  /** What the upstream may still send after `[DONE]`. */
  readonly rest: AsyncIterator<Uint8Array> | undefined;
}

export interface RelayOptions {
  readonly response: UpstreamResponse;
  /** How many answers were asked for. */
  readonly choices: number;
  readonly sink: StreamSink;
  readonly watchdog: Watchdog;
  readonly idleMs: number;
  readonly onUsage: (usage: TokenUsage | undefined) => void;
}

/**
 * Passes a stream on, whole events only and byte by byte as they came, and keeps back the usage chunk and `[DONE]`,
 * which are the caller's to get last.
 *
 * Nothing is passed on before the first part, so that until then another upstream can answer instead.
 *
 * @throws UpstreamFault when the upstream reports a failure, sends what it should not, or ends too early.
 */
export async function relayStream(options: RelayOptions): Promise<StreamTail> {
  const { response, sink, watchdog, idleMs } = options;
  if (response.mediaType !== "text/event-stream") {
    response.discard();
    throw new UpstreamFault("the answer is not an event stream");
  }
  const scanner = new SseScanner(maxStreamEventBytes);
  const reader = new StreamReader(options.choices);
  const chunks = response.body[Symbol.asyncIterator]();
  let usageChunk: string | undefined;
  let hasBegun = false;

  /** Passes on what the events hold; true when `[DONE]` was among them. */
  const pass = async (events: readonly Uint8Array[]): Promise<boolean> => {
    const { parts, usage, end, fault } = sort(reader, events, hasBegun);
    usageChunk = usage ?? usageChunk;
    options.onUsage(reader.usage);
    if (parts.length > 0) {
      watchdog.rest();
      if (!hasBegun) sink.begin();
      hasBegun = true;
      await sink.write(parts.length === 1 ? parts[0]! : Buffer.concat(parts));
    }
    if (fault !== undefined) throw new UpstreamFault(fault);
    // Before the first part the deadline of the first byte goes on, whatever keep-alives come.
    if (hasBegun) watchdog.expect("next chunk", idleMs);
    return end;
  };

  try {
    for (;;) {
      const { done, value } = await chunks.next();
      if (done) break;
      if (await pass(events(scanner, value))) {
        return { identity: reader.identity, usageChunk, rest: chunks };
      }
    }
    // Some upstreams leave out the empty line after the last event.
    if (scanner.hasRest) await pass(events(scanner, emptyLines));
    if (!reader.isFinished) throw new UpstreamFault("the stream ended before the answer did");
    return { identity: reader.identity, usageChunk, rest: undefined };
  } catch (error) {
    // Not awaited: an abandoned body may take its time to say goodbye.
    void Promise.resolve(chunks.return?.()).catch(() => {});
    throw error;
  }
}

const emptyLines = new TextEncoder().encode("\n\n");

function events(scanner: SseScanner, chunk: Uint8Array): Uint8Array[] {
  try {
    return scanner.push(chunk);
  } catch (error) {
    if (error instanceof RangeError) throw new UpstreamFault(error.message);
    throw error;
  }
}

interface SortedEvents {
  readonly parts: readonly Uint8Array[];
  readonly usage: string | undefined;
  readonly end: boolean;
  readonly fault: string | undefined;
}

/** Sorts events up to `[DONE]` or the first fault. Keep-alives are passed on only once the answer has begun. */
function sort(reader: StreamReader, events: readonly Uint8Array[], hasBegun: boolean): SortedEvents {
  const parts: Uint8Array[] = [];
  let usage: string | undefined;
  for (const event of events) {
    const meaning = reader.read(event);
    switch (meaning.kind) {
      case "part":
        parts.push(event);
        break;
      case "nothing":
        if (hasBegun || parts.length > 0) parts.push(event);
        break;
      case "usage":
        usage = meaning.data;
        break;
      case "done":
        return { parts, usage, end: true, fault: undefined };
      case "fault":
        return { parts, usage, end: false, fault: meaning.fault };
      default:
        meaning satisfies never;
    }
  }
  return { parts, usage, end: false, fault: undefined };
}
