import { setTimeout as delay } from "node:timers/promises";
import { clone, create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { IprError, status } from "@ipr/errors";
import { buckets, type EventBus, type KeyValue, type KeyValueChange, revisionConflict } from "@ipr/events";
import { validate } from "@ipr/grpc";
import { type Registry, RegistrySchema } from "@ipr/proto";
import { recordChange } from "./audit-trail.ts";
import { checkRegistry } from "./check-registry.ts";
import { maxRegistryBytes } from "./parse-registry.ts";
import { renderPath } from "./problem.ts";
import { createView, type RegistryView } from "./registry-view.ts";

const registryKey = "registry";
/** How long opening waits for the store's state; after it the seed serves until the state comes. */
const openTimeoutMs = 3_000;
/** How often a change without an expected revision is tried again when others write at the same time. */
const maxUpdateAttempts = 8;
/** How long a writer waits to see its own write. */
const deliveryTimeoutMs = 2_000;
const firstSeedRetryMs = 250;
const maxSeedRetryMs = 10_000;

/** What an operator may want to know. */
export type RegistryNotice =
  | {
      readonly kind: "registry_loaded";
      readonly revision: string;
      readonly candidates: number;
      readonly routers: number;
    }
  /** The stored entry cannot be read; the last state goes on. */
  | { readonly kind: "registry_unreadable"; readonly revision: string; readonly error: unknown }
  /** The registry was changed by RPC since, so the file's state is not taken. */
  | { readonly kind: "registry_seed_ignored"; readonly revision: string }
  | { readonly kind: "registry_seed_failed"; readonly error: unknown }
  | { readonly kind: "registry_audit_failed"; readonly revision: string; readonly error: unknown };

export interface RegistryOptions {
  /** The state to start from, of a registry file. It holds until somebody changes the registry by RPC. */
  readonly seed?: Registry;
  /** Makes what this process works with of what is stored, such as `resolveEndpoints`. It is never stored. */
  readonly resolve?: (stored: Registry) => Registry;
  readonly onNotice?: (notice: RegistryNotice) => void;
  readonly now?: () => number;
}

export interface RegistryUpdate {
  /** For the audit trail: "upsert candidate gpt-4o". */
  readonly what: string;
  /** The revision that was read; a registry that has changed since is left alone. Not given: the last writer wins. */
  readonly expectedRevision?: string | undefined;
}

/** The registry as this process sees it: read without waiting, changed by compare-and-swap, the same for all replicas. */
export interface RegistryStore {
  current(): RegistryView;
  /** False until there is a state: from the store, or a seed. */
  isLoaded(): boolean;
  /**
   * Changes the registry. `change` gets its own copy, may be called again with a newer one, and may throw.
   *
   * @throws IprError REVISION_CONFLICT when it changed meanwhile; INVALID_FIELD when the result would be wrong;
   * EVENTS_UNAVAILABLE when the store did not confirm.
   */
  update(change: (registry: Registry) => void, update: RegistryUpdate): Promise<RegistryView>;
  close(): Promise<void>;
}

/** Opens the registry of the bus. Never fails for a store that is away: the seed serves until it is there. */
export async function openRegistry(bus: EventBus, options: RegistryOptions = {}): Promise<RegistryStore> {
  const seedValue = options.seed && encode(options.seed);
  const store = new StoredRegistry(bus.keyValue(buckets.registry), options);
  await store.open(seedValue);
  return store;
}

class StoredRegistry implements RegistryStore {
  readonly #store: KeyValue;
  readonly #options: RegistryOptions;
  readonly #closing = new AbortController();
  readonly #loaded = Promise.withResolvers<void>();
  readonly #watch: ReturnType<KeyValue["watch"]>;
  #view: RegistryView;
  /** Told of every revision that the watch brings. */
  readonly #followers = new Set<(revision: number) => void>();
  /** What the watch brought last; 0 before. Revisions start over when the store was lost. */
  #storeRevision = 0;

  constructor(store: KeyValue, options: RegistryOptions) {
    this.#store = store;
    this.#options = options;
    this.#view = this.#viewOf(options.seed ?? create(RegistrySchema), options.seed ? "seed" : "");
    this.#watch = store.watch((entry) => this.#onEntry(entry), { key: registryKey });
    this.#watch.established.then(
      () => this.#loaded.resolve(),
      () => {},
    );
  }

  async open(seedValue: Uint8Array | undefined): Promise<void> {
    const seeding = seedValue ? this.#seedUntilDone(seedValue) : undefined;
    const ready = Promise.all([seeding, this.#loaded.promise]);
    await Promise.race([ready, pause(openTimeoutMs, this.#closing.signal)]);
  }

  current(): RegistryView {
    return this.#view;
  }

  isLoaded(): boolean {
    return this.#view.revision !== "";
  }

  async update(change: (registry: Registry) => void, update: RegistryUpdate): Promise<RegistryView> {
    const { expectedRevision } = update;
    let conflict: unknown;
    for (let attempt = 0; attempt < maxUpdateAttempts; attempt++) {
      const entry = await this.#store.get(registryKey);
      const actual = entry?.revision ?? 0;
      if (expectedRevision !== undefined && expectedRevision !== String(actual)) {
        throw revisionConflict("the registry", expectedRevision, actual);
      }
      const registry = entry
        ? fromBinary(RegistrySchema, entry.value)
        : clone(RegistrySchema, this.#view.stored);
      change(registry);
      const nowMs = (this.#options.now ?? Date.now)();
      registry.updatedAt = timestampFromMs(nowMs);
      const value = encode(registry);
      try {
        const revision = await this.#write(value, actual);
        await this.#audit(update.what, actual, revision, nowMs);
        return this.#viewOf(registry, String(revision));
      } catch (error) {
        if (!isConflict(error)) throw error;
        conflict = error;
        if (expectedRevision !== undefined) break;
      }
    }
    throw conflict as IprError;
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#watch.close();
  }

  /** The watch alone moves the view, so that it only ever moves as the store did. */
  #onEntry({ value, revision }: KeyValueChange): void {
    // A deleted entry leaves the last state: a registry is replaced, never missing.
    if (value === undefined || revision === this.#storeRevision) return;
    try {
      const registry = fromBinary(RegistrySchema, value);
      this.#view = this.#viewOf(registry, String(revision));
      this.#storeRevision = revision;
      const { candidates, routers } = registry;
      this.#notify({
        kind: "registry_loaded",
        revision: String(revision),
        candidates: candidates.length,
        routers: routers.length,
      });
    } catch (error) {
      this.#notify({ kind: "registry_unreadable", revision: String(revision), error });
    }
    for (const tell of this.#followers) tell(revision);
  }

  /**
   * Writes, and waits until the watch has brought that or something newer, so that a writer reads its own write. A watch
   * that is interrupted brings it later; the write stands.
   */
  async #write(value: Uint8Array, expectedRevision: number): Promise<number> {
    const delivered = Promise.withResolvers<void>();
    let [written, newest] = [Number.POSITIVE_INFINITY, 0];
    const follow = (revision: number): void => {
      newest = Math.max(newest, revision);
      if (newest >= written) delivered.resolve();
    };
    this.#followers.add(follow);
    try {
      written = (await this.#store.update(registryKey, value, expectedRevision)).revision;
      follow(0);
      await Promise.race([delivered.promise, pause(deliveryTimeoutMs, this.#closing.signal)]);
      return written;
    } finally {
      this.#followers.delete(follow);
    }
  }

  #viewOf(stored: Registry, revision: string): RegistryView {
    return createView(stored, this.#options.resolve?.(stored) ?? stored, revision);
  }

  async #seedUntilDone(value: Uint8Array): Promise<void> {
    let retryMs = firstSeedRetryMs;
    while (!this.#closing.signal.aborted) {
      try {
        await this.#seed(value);
        return;
      } catch (error) {
        if (this.#closing.signal.aborted) return;
        // A conflict is another replica that was quicker: the next round finds what it wrote.
        if (!isConflict(error)) this.#notify({ kind: "registry_seed_failed", error });
        await pause(retryMs, this.#closing.signal);
        retryMs = Math.min(maxSeedRetryMs, retryMs * 2);
      }
    }
  }

  /** Puts the seed in the store, unless that has it or a registry that was changed by RPC (it has `updated_at`). */
  async #seed(value: Uint8Array): Promise<void> {
    const entry = await this.#store.get(registryKey);
    if (entry) {
      const stored = fromBinary(RegistrySchema, entry.value);
      const isChanged = stored.updatedAt !== undefined;
      const isSame = Buffer.compare(entry.value, value) === 0;
      if (isChanged) this.#notify({ kind: "registry_seed_ignored", revision: String(entry.revision) });
      if (isChanged || isSame) return;
    }
    await this.#write(value, entry?.revision ?? 0);
  }

  /** The change stands whether or not the trail could be written. */
  async #audit(what: string, previous: number, revision: number, nowMs: number): Promise<void> {
    try {
      await recordChange(this.#store, {
        revision: String(revision),
        previousRevision: String(previous),
        at: new Date(nowMs).toISOString(),
        what,
      });
    } catch (error) {
      this.#notify({ kind: "registry_audit_failed", revision: String(revision), error });
    }
  }

  #notify(notice: RegistryNotice): void {
    this.#options.onNotice?.(notice);
  }
}

/** @throws IprError INVALID_FIELD when the registry breaks the contract, TOO_LARGE when no entry of the store can hold it. */
function encode(registry: Registry): Uint8Array {
  validate(RegistrySchema, registry);
  const violations = checkRegistry(registry).map(({ path, text }) => ({
    field: renderPath(path),
    description: text,
  }));
  if (violations.length > 0) {
    const message = violations.map(({ field, description }) => `${field} ${description}`).join("; ");
    throw new IprError(status.INVALID_ARGUMENT, "INVALID_FIELD", message, { violations });
  }
  const value = toBinary(RegistrySchema, registry);
  if (value.length <= maxRegistryBytes) return value;
  throw new IprError(
    status.RESOURCE_EXHAUSTED,
    "TOO_LARGE",
    `the registry would have ${value.length} bytes, but at most ${maxRegistryBytes} fit`,
    { metadata: { limit: String(maxRegistryBytes) } },
  );
}

function isConflict(error: unknown): boolean {
  return error instanceof IprError && error.reason === "REVISION_CONFLICT";
}

/** Ends early, without an error, when the signal aborts. */
async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal }).catch(() => undefined);
}
