import type { Subscription } from "./event-bus.ts";

/** The subscriptions of a bus, so that closing the bus closes those that are still open. */
export interface OpenSubscriptions {
  track(subscription: Subscription): Subscription;
  close(): Promise<void>;
}

export function createOpenSubscriptions(): OpenSubscriptions {
  const open = new Set<Subscription>();
  return {
    track(subscription) {
      const tracked: Subscription = {
        established: subscription.established,
        async close() {
          await subscription.close();
          open.delete(tracked);
        },
      };
      open.add(tracked);
      return tracked;
    },
    async close() {
      await Promise.all([...open].map((subscription) => subscription.close()));
    },
  };
}
