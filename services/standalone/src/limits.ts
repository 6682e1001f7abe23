/** The limits of the modules in one process; each is explained by the setting of the same name of its service. */
export const limits = {
  /** Direct calls between modules end by their own deadlines; this one only keeps a bug from waiting forever. */
  localCallTimeoutMs: 30_000,
  embedding: { cacheEntries: 20_000, maxInFlight: 256 },
  quality: { shadowShare: 0.1, bundlePollMs: 2_000 },
  policy: { estimateTimeoutMs: 50, feedbackTimeoutMs: 2_000, maxPendingEvents: 10_000 },
  recalibration: { publishIntervalMs: 1_000 },
} as const;
