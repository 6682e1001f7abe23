/**
 * Tasks that are each done by one of many workers, and what came of them. A job has one queue; whoever opens it by the
 * same name has the same.
 *
 * Delivery is at least once: a worker that is killed has its tasks handed to others. What it recorded before stays, so
 * that the next worker need not do that part again.
 */
export interface WorkQueue extends AsyncDisposable {
  /** Stores a task, unless one of this id was stored within the last hour. */
  enqueue(task: WorkTask): Promise<{ duplicate: boolean }>;
  /**
   * Takes tasks until none is left, neither here nor with another worker. A task is done when its handler resolves. When
   * it rejects, the task goes back, what is in progress is finished, and the error is thrown.
   */
  work(options: { readonly concurrency: number }, handler: (task: WorkTask) => Promise<void>): Promise<void>;
  /** Keeps the last value of a key; resolves once it is durable. */
  record(key: string, value: Uint8Array): Promise<void>;
  recorded(key: string): Promise<Uint8Array | undefined>;
  /** The last value of each key, oldest first. */
  records(): AsyncIterable<Uint8Array>;
}

export interface WorkTask {
  readonly id: string;
  readonly data: Uint8Array;
}
