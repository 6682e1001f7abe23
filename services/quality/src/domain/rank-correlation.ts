/**
 * Spearman's correlation of two rankings of the same things, from -1 to 1; equal values share the mean of their ranks.
 * Equal rankings have 1, also where all values are equal; a ranking that tells nothing apart has 0 with any other.
 */
export function rankCorrelation(a: readonly number[], b: readonly number[]): number {
  const ranksOfA = ranksOf(a);
  const ranksOfB = ranksOf(b);
  if (ranksOfA.every((rank, i) => rank === ranksOfB[i])) return 1;
  const mean = (a.length + 1) / 2;
  let product = 0;
  let squaresOfA = 0;
  let squaresOfB = 0;
  ranksOfA.forEach((rank, i) => {
    const ofA = rank - mean;
    const ofB = ranksOfB[i]! - mean;
    product += ofA * ofB;
    squaresOfA += ofA * ofA;
    squaresOfB += ofB * ofB;
  });
  if (squaresOfA === 0 || squaresOfB === 0) return 0;
  return product / Math.sqrt(squaresOfA * squaresOfB);
}

/** The rank of each value, from 1. */
function ranksOf(values: readonly number[]): number[] {
  const order = values.map((_, i) => i).toSorted((i, j) => values[i]! - values[j]!);
  const ranks = values.map(() => 0);
  for (let first = 0; first < order.length;) {
    let end = first + 1;
    while (end < order.length && values[order[end]!] === values[order[first]!]) end++;
    for (let at = first; at < end; at++) ranks[order[at]!] = (first + 1 + end) / 2;
    first = end;
  }
  return ranks;
}
