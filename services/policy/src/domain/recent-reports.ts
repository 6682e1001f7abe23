/** What is remembered of a report; beyond this many the oldest are forgotten. */
export const maxRecentReports = 50_000;

/**
 * The scores lately reported, by event id, so that a key used again for another score is noticed.
 *
 * Only this process's memory: another replica, a restart or 50,000 reports later, the same key with another score is
 * taken as a repeat. It is never counted twice, since events are told apart by their id.
 */
export class RecentReports {
  readonly #scores = new Map<string, number>();

  /** Remembers the report, unless one with the same id is there: returns that one's score. */
  remember(eventId: string, score: number): number | undefined {
    const earlier = this.#scores.get(eventId);
    if (earlier !== undefined) return earlier;
    this.#scores.set(eventId, score);
    if (this.#scores.size > maxRecentReports) {
      const [oldest] = this.#scores.keys();
      if (oldest !== undefined) this.#scores.delete(oldest);
    }
    return undefined;
  }

  /** For a report that did not become durable: it may come again with any score. */
  forget(eventId: string): void {
    this.#scores.delete(eventId);
  }
}
