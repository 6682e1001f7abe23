import type { Answerer, NoAnswer, Question } from "../answerer.ts";
import type { CallJournal } from "../journal/call-journal.ts";
import type { JournalRecord } from "../journal/journal-record.ts";
import { toRecord } from "./call-record.ts";
import { ModelGate } from "./model-gate.ts";
import { pause } from "./pause.ts";
import { mostUsd } from "./price-estimate.ts";
import { RunStopped } from "./run-stopped.ts";
import type { Spending } from "./spending.ts";

/** Calls for one answer, the first included. */
const maxAttempts = 6;
const firstPauseMs = 1_000;
const maxPauseMs = 60_000;
/** A provider that wants a longer pause than this gets none: the call fails, and a later run asks again. */
const maxRetryAfterMs = 600_000;
/** A model that fails this many calls in a row is taken to be down, and the run stops rather than record it all. */
const maxFailedCallsInARow = 10;
/** A judge that nobody can read this many times in a row is taken to be unable to judge, and the run stops. */
const maxUnreadableRepliesInARow = 10;
/** What passes by itself: time-outs, rate limits, and all faults of the server. */
const passingStatuses: ReadonlySet<number> = new Set([0, 408, 409, 425, 429]);
const tooManyRequests = 429;

/** There is no answer, and that is written down. */
export class CallFailed extends Error {
  /** Asking again changes nothing. */
  readonly isFinal: boolean;

  constructor(why: string, isFinal: boolean) {
    super(why);
    this.isFinal = isFinal;
  }
}

/** What is seen of calls as they end. */
export interface CallWatcher {
  called(call: {
    readonly model: string;
    readonly failed: boolean;
    readonly costUsd: number | undefined;
  }): void;
}

export interface AskerOptions {
  readonly answerer: Answerer;
  readonly journal: CallJournal;
  readonly spending: Spending;
  /** Calls to one model at once. */
  readonly maxCallsPerModel: number;
  /** Ask again what was refused or could not be judged, too. */
  readonly retryFailed: boolean;
  readonly watcher: CallWatcher;
  readonly now: () => number;
  /** In [0, 1): spreads retries. */
  readonly random: () => number;
}

export type RecordedAnswer = Extract<JournalRecord, { kind: "answered" }>;

/** What is asked, under which key it is remembered, and for which version of the prompt. */
export interface Asked {
  readonly key: string;
  readonly prompt: string;
  readonly question: Question;
}

/** Asks models, each question once: what the journal knows is not asked again, and every call and its cost goes there. */
export class Asker {
  readonly #options: AskerOptions;
  readonly #gates = new Map<string, ModelGate>();
  readonly #inFlight = new Map<string, Promise<RecordedAnswer>>();
  readonly #stopping = new AbortController();
  #unreadableInARow = 0;

  constructor(options: AskerOptions) {
    this.#options = options;
  }

  /** Aborts, with the RunStopped as its reason, when nothing more is to be asked: nobody need wait any longer. */
  get stopped(): AbortSignal {
    return this.#stopping.signal;
  }

  /**
   * @throws CallFailed when there is no answer, now or in the journal.
   * @throws RunStopped when the run must stop: the spend limit, a model that is down.
   */
  ask(asked: Asked): Promise<RecordedAnswer> {
    const known = this.#inFlight.get(asked.key);
    if (known) return known;
    const answer = this.#findOrCall(asked)
      .catch((error: unknown) => {
        if (error instanceof RunStopped) this.#stopping.abort(error);
        throw error;
      })
      .finally(() => this.#inFlight.delete(asked.key));
    this.#inFlight.set(asked.key, answer);
    return answer;
  }

  /** Tells that the judge's reply about an answer could be read. */
  readReply(): void {
    this.#unreadableInARow = 0;
  }

  /**
   * Tells that it could not be read.
   *
   * @throws RunStopped when none of the last ones could.
   */
  couldNotRead(why: string): void {
    this.#unreadableInARow++;
    if (this.#unreadableInARow < maxUnreadableRepliesInARow) return;
    const error = isUnreadable(why);
    this.#stopping.abort(error);
    throw error;
  }

  async #findOrCall(asked: Asked): Promise<RecordedAnswer> {
    const found = await this.#options.journal.find(asked.key);
    if (found?.kind === "answered") return found;
    if (found?.kind === "failed" && found.isFinal && !this.#options.retryFailed)
      throw new CallFailed(found.why, true);
    return this.#call(asked);
  }

  async #call(asked: Asked): Promise<RecordedAnswer> {
    const { question } = asked;
    const gate = this.#gateOf(question.model.name);
    let pauseMs = firstPauseMs;
    for (let attempt = 1; ; attempt++) {
      const { end, record } = await gate.run(this.stopped, () => this.#attempt(asked));
      if (record.kind === "answered") {
        gate.succeeded();
        return record;
      }
      if (end.kind !== "failed") throw new CallFailed(record.why, true);
      const isBusy = end.httpStatus === tooManyRequests;
      if (!isBusy) gate.failed();
      if (gate.failuresInARow >= maxFailedCallsInARow) throw isDown(question.model.name, end.why);
      const waitMs = end.retryAfterMs ?? pauseMs * (0.5 + this.#options.random() / 2);
      if (attempt >= maxAttempts || !isPassing(end) || waitMs > maxRetryAfterMs)
        throw new CallFailed(end.why, false);
      if (isBusy) gate.slowDown(waitMs);
      else await pause(waitMs, this.stopped);
      pauseMs = Math.min(maxPauseMs, pauseMs * 2);
    }
  }

  async #attempt({ key, prompt, question }: Asked) {
    const { answerer, journal, spending, watcher } = this.#options;
    const most = mostUsd(question) ?? 0;
    const reservation = await spending.reserve(most);
    let chargedUsd = 0;
    try {
      await journal.begin(key, most);
      // Until its end is known, the call may have cost all of it.
      chargedUsd = most;
      const end = await answerer.answer(question);
      const record = toRecord({ key, prompt, model: question.model.name }, end, most);
      chargedUsd = record.chargedUsd;
      await journal.append(record);
      const costUsd = end.kind === "answered" ? end.costUsd : chargedUsd;
      watcher.called({ model: question.model.name, failed: end.kind !== "answered", costUsd });
      return { end, record };
    } finally {
      reservation.settle(chargedUsd);
    }
  }

  #gateOf(model: string): ModelGate {
    const known = this.#gates.get(model);
    if (known) return known;
    const { maxCallsPerModel: maxCalls, now } = this.#options;
    const gate = new ModelGate({ maxCalls, now });
    this.#gates.set(model, gate);
    return gate;
  }
}

function isPassing({ httpStatus }: Extract<NoAnswer, { kind: "failed" }>): boolean {
  return httpStatus >= 500 || passingStatuses.has(httpStatus);
}

function isDown(model: string, why: string): RunStopped {
  return new RunStopped(
    `stopped: ${maxFailedCallsInARow} calls to ${model} in a row failed, the last one with: ${why}; run the same command again once it answers`,
  );
}

function isUnreadable(why: string): RunStopped {
  return new RunStopped(
    `stopped: no reply of the judge's about ${maxUnreadableRepliesInARow} answers in a row could be read, the last one: ${why}; take another judge, with another --out, or raise --max-judge-output-tokens if its replies are cut (--retry-failed asks the same judge again)`,
  );
}
