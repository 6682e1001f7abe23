import { UpstreamFault } from "./upstream-fault.ts";

/** Aborts an attempt when what it waits for does not come in time, or when its parent aborts. */
export class Watchdog implements Disposable {
  readonly #controller = new AbortController();
  readonly #parent: AbortSignal;
  #timer: NodeJS.Timeout | undefined;

  constructor(parent: AbortSignal) {
    this.#parent = parent;
    if (parent.aborted) this.#onParentAbort();
    else parent.addEventListener("abort", this.#onParentAbort, { once: true });
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Waits for this from now on; it replaces what was waited for before. */
  expect(what: string, timeoutMs: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#controller.abort(new UpstreamFault(`no ${what} within ${timeoutMs} ms`));
    }, timeoutMs);
  }

  /** Waits for nothing, such as while the caller is slow to read. */
  rest(): void {
    clearTimeout(this.#timer);
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#parent.removeEventListener("abort", this.#onParentAbort);
  }

  readonly #onParentAbort = () => this.#controller.abort(this.#parent.reason);
}
