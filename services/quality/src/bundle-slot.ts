import { IprError, messageOf, status } from "@ipr/errors";
import type { BundleSource, FoundBundle } from "./bundle-source.ts";
import type { LoadedBundle } from "./loaded-bundle.ts";

/** What a bundle is loaded for; see BundleRole in the contract. */
export type BundleRole = "active" | "stand_in" | "shadow";

/** The pause before a refused bundle is tried again although its manifest is the same: its other files may still come. */
const firstRetryMs = 10_000;
/** Each further pause is twice the one before, up to this. */
const maxRetryMs = 300_000;

/** A bundle that was not taken, and why. */
export interface Refusal {
  readonly found: FoundBundle;
  readonly reason: string;
  readonly message: string;
  readonly refusedAt: Date;
}

/**
 * One role: its source, the bundle that is current, and the one before. Two bundles are the most that a role keeps loaded;
 * a shadow keeps one, so that a process has at most five.
 */
export class BundleSlot {
  readonly role: BundleRole;
  readonly source: BundleSource;
  #current: LoadedBundle | undefined;
  #previous: LoadedBundle | undefined;
  #seen: string | undefined;
  #refusal: Refusal | undefined;
  #retryAtMs = 0;
  #retryMs = firstRetryMs;

  constructor(role: BundleRole, source: BundleSource) {
    this.role = role;
    this.source = source;
  }

  get current(): LoadedBundle | undefined {
    return this.#current;
  }

  get previous(): LoadedBundle | undefined {
    return this.#previous;
  }

  get refusal(): Refusal | undefined {
    return this.#refusal;
  }

  /** Whether the source has a good bundle that was current until a roll back. */
  get isRolledBack(): boolean {
    return this.#refusal === undefined && this.#current?.found.fingerprint !== this.#seen;
  }

  /** Whether what the source has is to be loaded: it is new, or was refused and is due for another try. */
  isDue({ fingerprint }: FoundBundle, nowMs: number): boolean {
    return fingerprint !== this.#seen || (this.#refusal !== undefined && nowMs >= this.#retryAtMs);
  }

  /** Makes the bundle current, in one step: a request sees the bundle before or this one. */
  accept(loaded: LoadedBundle): void {
    this.#seen = loaded.found.fingerprint;
    this.#refusal = undefined;
    this.#retryMs = firstRetryMs;
    if (loaded === this.#current) return;
    if (this.role !== "shadow") this.#previous = this.#current;
    this.#current = loaded;
  }

  /** Keeps what is current. True when this is news: another bundle, or another reason than at the last try. */
  refuse(found: FoundBundle, error: unknown, nowMs: number): boolean {
    const refusal = {
      found,
      reason: error instanceof IprError ? error.reason : "INTERNAL",
      message: messageOf(error),
      refusedAt: new Date(),
    };
    const isNew = found.fingerprint !== this.#seen || refusal.message !== this.#refusal?.message;
    this.#retryMs = isNew ? firstRetryMs : Math.min(2 * this.#retryMs, maxRetryMs);
    this.#retryAtMs = nowMs + this.#retryMs;
    this.#seen = found.fingerprint;
    this.#refusal = refusal;
    return isNew;
  }

  /** @throws IprError UNKNOWN_BUNDLE when there is nothing to go back to. */
  rollBack(): void {
    if (this.#previous === undefined) throw nothingBefore(this.role, this.#current?.id);
    [this.#current, this.#previous] = [this.#previous, this.#current];
  }
}

/** There is no bundle to go back to in the role. */
export function nothingBefore(role: BundleRole, known = ""): IprError {
  const message = `no bundle is loaded that was ${role} before; let the source of the role have the one you want`;
  return new IprError(status.NOT_FOUND, "UNKNOWN_BUNDLE", message, { metadata: { bundle: "", known } });
}
