import type { Stream } from "./streams.ts";

/**
 * The port through which services tell each other what happened. Two adapters implement it and pass the same contract
 * suite: NATS JetStream (`createNatsBus`) and SQLite in this process (`createEmbeddedBus`).
 *
 * A bus is usable at once: it connects in the background and again whenever the connection is lost. Until then, and
 * meanwhile, `publish` and `KeyValue` wait up to their limit and reject with EVENTS_UNAVAILABLE; subscriptions wait.
 */
export interface EventBus extends AsyncDisposable {
  /**
   * Resolves once the event is stored. A second event with the same id in the same stream, within the stream's
   * duplicate window, is not stored and resolves with `duplicate: true`.
   */
  publish(event: OutgoingEvent, options: { readonly timeoutMs: number }): Promise<{ duplicate: boolean }>;
  /**
   * Hands every event of the stream to the handler at least once, oldest first, also those published before; goes on
   * after the last event it finished when it is opened again under the same durable name.
   *
   * An event is finished when its handler resolves. When it rejects, the event comes again after a pause (others
   * overtake it meanwhile) until it has failed `maxAttempts` times; then it is given up and reported.
   */
  consume(consumer: Consumer, handler: (event: ReceivedEvent) => Promise<void>): Subscription;
  keyValue(bucket: string): KeyValue;
  isReady(): boolean;
  /** Waits for running handlers, then closes every subscription and the connection. */
  close(): Promise<void>;
}

export interface OutgoingEvent {
  readonly subject: string;
  readonly id: string;
  readonly data: Uint8Array;
}

export interface ReceivedEvent extends OutgoingEvent {
  /** Grows along the stream; equal only for the same event. */
  readonly position: number;
  readonly publishedAt: Date;
}

export interface Consumer {
  /** Names the stored position. Processes that share it share the events. */
  readonly durable: string;
  readonly stream: Stream;
  /** Handlers that may run at once. With 1, the default, events are handled in order, retries and restarts aside. */
  readonly maxInFlight?: number;
  readonly maxAttempts?: number;
  /** Pauses before the second, third ... attempt; the last one repeats. */
  readonly backoffMs?: readonly number[];
}

export interface Subscription {
  /** Resolves when the subscription first stands; for a watch, when the initial values have been handed over. */
  readonly established: Promise<void>;
  /** Waits for running handlers. */
  close(): Promise<void>;
}

/** Small shared state: the last value of each key. */
export interface KeyValue {
  get(key: string): Promise<KeyValueEntry | undefined>;
  put(key: string, value: Uint8Array): Promise<{ revision: number }>;
  /**
   * Writes only if the key still has the expected revision; 0 expects that there is no such key. Otherwise rejects with
   * ABORTED / REVISION_CONFLICT.
   */
  update(key: string, value: Uint8Array, expectedRevision: number): Promise<{ revision: number }>;
  delete(key: string): Promise<void>;
  keys(): Promise<string[]>;
  /**
   * Hands over the present value of each key (or of the one named), then every change. A value may come again after
   * the connection was lost, and values that were overwritten meanwhile never come.
   */
  watch(onEntry: (entry: KeyValueChange) => void, options?: { readonly key?: string }): Subscription;
}

export interface KeyValueEntry {
  readonly key: string;
  readonly value: Uint8Array;
  /** Grows with every write to the bucket. */
  readonly revision: number;
}

export interface KeyValueChange extends Omit<KeyValueEntry, "value"> {
  /** Undefined when the key was deleted. */
  readonly value: Uint8Array | undefined;
}

/** What an operator may want to know; nobody needs to act on it for the bus to go on. */
export type BusNotice =
  | { readonly kind: "connected"; readonly server: string; readonly version: string }
  | { readonly kind: "disconnected"; readonly server: string }
  | { readonly kind: "unavailable"; readonly error: Error }
  | { readonly kind: "subscription_failed"; readonly subscription: string; readonly error: Error }
  | { readonly kind: "handler_failed"; readonly failure: HandlerFailure; readonly retryAfterMs: number }
  | { readonly kind: "event_given_up"; readonly failure: HandlerFailure };

export interface HandlerFailure {
  readonly durable: string;
  readonly subject: string;
  readonly id: string;
  readonly attempts: number;
  readonly error: Error;
}

export type NoticeListener = (notice: BusNotice) => void;

export const maxEventBytes = 512 * 1024;
