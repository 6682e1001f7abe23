import { parseUsage, type TokenUsage } from "./usage.ts";

/** What an event of a chat completion stream means to the one who passes it on. */
export type EventMeaning =
  /** A part of the answer. */
  | { readonly kind: "part" }
  /** Usage and nothing else: no choices. */
  | { readonly kind: "usage"; readonly data: string }
  /** `[DONE]`. */
  | { readonly kind: "done" }
  /** A comment or a field without data, such as a keep-alive. */
  | { readonly kind: "nothing" }
  /** The upstream says that it failed, or sent what is not an event of this protocol. */
  | { readonly kind: "fault"; readonly fault: string };

/** What every chunk of one stream repeats. */
export interface ChunkIdentity {
  readonly id: unknown;
  readonly created: unknown;
  readonly model: unknown;
}

// A quote inside a JSON string is escaped, so these match members and never text; a rare false match only costs a parse.
const worthParsing = /"(?:usage|error)"\s*:\s*[{"]|"finish_reason"\s*:\s*"/;

/**
 * Follows a chat completion stream event by event and knows when it is finished. It parses the first event, and then
 * only those that end a choice, carry usage or report an error: the parts in between pass unread.
 */
export class StreamReader {
  readonly #choices: number;
  readonly #finishedChoices = new Set<unknown>();
  readonly #decoder = new TextDecoder();
  #isDone = false;
  #usage: TokenUsage | undefined;
  #identity: ChunkIdentity | undefined;

  /** @param choices how many answers were asked for (OpenAI's `n`). */
  constructor(choices: number) {
    this.#choices = choices;
  }

  /** Usage as far as it was reported. */
  get usage(): TokenUsage | undefined {
    return this.#usage;
  }

  get identity(): ChunkIdentity | undefined {
    return this.#identity;
  }

  /**
   * Whether nothing is missing if the stream ends here: `[DONE]` came, or, from upstreams that do not send it, every
   * choice has its finish reason.
   */
  get isFinished(): boolean {
    return this.#isDone || this.#finishedChoices.size >= this.#choices;
  }

  read(event: Uint8Array): EventMeaning {
    const { name, data } = fieldsOf(this.#decoder.decode(event));
    if (data === undefined) return { kind: "nothing" };
    if (data === "[DONE]") {
      this.#isDone = true;
      return { kind: "done" };
    }
    if (name === "error") return fault("an error event came");
    if (!data.startsWith("{") || !data.endsWith("}")) return fault("an event is not a JSON object");
    if (this.#identity !== undefined && !worthParsing.test(data)) return { kind: "part" };
    return this.#readClosely(data);
  }

  #readClosely(data: string): EventMeaning {
    let chunk: Record<string, unknown>;
    try {
      chunk = JSON.parse(data) as Record<string, unknown>;
    } catch {
      return fault("an event is not valid JSON");
    }
    if (chunk["error"]) return fault("an error event came");
    this.#identity ??= { id: chunk["id"], created: chunk["created"], model: chunk["model"] };
    this.#usage = parseUsage(chunk["usage"]) ?? this.#usage;
    const choices = Array.isArray(chunk["choices"]) ? (chunk["choices"] as Record<string, unknown>[]) : [];
    for (const choice of choices) {
      const isEnd = typeof choice?.["finish_reason"] === "string";
      if (isEnd && !this.isFinished) this.#finishedChoices.add(choice["index"]);
    }
    return choices.length === 0 && chunk["usage"] ? { kind: "usage", data } : { kind: "part" };
  }
}

function fault(text: string): EventMeaning {
  return { kind: "fault", fault: text };
}

/** The fields of an event; several data lines are one text. */
function fieldsOf(event: string): { name: string | undefined; data: string | undefined } {
  let name: string | undefined;
  let data: string | undefined;
  for (const line of event.split(/\r\n|\n|\r/)) {
    if (line.startsWith("data:")) {
      const value = line.slice(line.charCodeAt(5) === 0x20 ? 6 : 5);
      data = data === undefined ? value : `${data}\n${value}`;
    } else if (line.startsWith("event:")) {
      name = line.slice(6).trim();
    }
  }
  return { name, data: data?.trim() };
}
