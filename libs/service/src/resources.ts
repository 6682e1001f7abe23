import type { Logger } from "./logger.ts";

/** Something to close. */
export interface Closable {
  close(): void | Promise<void>;
}

/** What a service has opened, closed in reverse order once it has drained. */
export class Resources {
  readonly #opened: Closable[] = [];
  readonly #logger: Logger;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  use<T extends Closable>(resource: T): T {
    this.#opened.push(resource);
    return resource;
  }

  /** Closes everything; one that fails is logged and does not keep the others open. */
  async close(): Promise<void> {
    for (const resource of this.#opened.splice(0).toReversed()) {
      try {
        await resource.close();
      } catch (error) {
        this.#logger.error("close_failed", { error });
      }
    }
  }
}
