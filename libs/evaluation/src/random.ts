/** A reproducible stream of numbers in [0, 1): equal seeds give equal streams on every machine. */
export type Random = () => number;

const step = 0x6d2b79f5;

/**
 * Mulberry32: 32 bits of state are plenty for a thousand resamples, and it is fast. Its state is a counter, so that the
 * stream can begin after any number of `skipped` draws.
 */
export function seededRandom(seed: number, skipped = 0): Random {
  let state = (seed + Math.imul(step, skipped)) >>> 0;
  return () => {
    state = (state + step) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The numbers 0 to count - 1 in random order (Fisher and Yates). */
export function shuffledIndexes(count: number, random: Random): Uint32Array {
  const indexes = Uint32Array.from({ length: count }, (_, index) => index);
  for (let last = count - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1));
    const kept = indexes[last]!;
    indexes[last] = indexes[other]!;
    indexes[other] = kept;
  }
  return indexes;
}
