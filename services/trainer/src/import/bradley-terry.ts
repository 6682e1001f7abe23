/** Battles between candidates `a` and `b` by their index: the sum of a's outcomes (1 won, 0.5 tie, 0 lost), and how many. */
export interface Pairing {
  readonly a: number;
  readonly b: number;
  readonly winsOfA: number;
  readonly battles: number;
}

const maxIterations = 10_000;
const smallestChange = 1e-10;
/**
 * Each candidate also has one drawn battle against an imagined candidate of average strength: half a win and half a loss,
 * so that one which never won or never lost has a finite strength.
 */
const priorBattles = 1;

/**
 * Strengths w of the Bradley-Terry model, P(a beats b) = w_a / (w_a + w_b), of greatest likelihood, by Hunter's
 * minorisation-maximisation (Annals of Statistics 32, 2004). Their geometric mean is 1.
 */
export function fitStrengths(count: number, pairings: readonly Pairing[]): readonly number[] {
  let strengths = Array.from({ length: count }, () => 1);
  const wins = strengths.map(() => priorBattles / 2);
  for (const { a, b, winsOfA, battles } of pairings) {
    wins[a]! += winsOfA;
    wins[b]! += battles - winsOfA;
  }
  for (let iteration = 0; iteration < maxIterations; iteration++) {
    const weights = strengths.map((strength) => priorBattles / (strength + 1));
    for (const { a, b, battles } of pairings) {
      const weight = battles / (strengths[a]! + strengths[b]!);
      weights[a]! += weight;
      weights[b]! += weight;
    }
    const next = wins.map((won, index) => won / weights[index]!);
    const change = Math.max(
      ...next.map((strength, index) => Math.abs(Math.log(strength / strengths[index]!))),
    );
    strengths = next;
    if (change < smallestChange) break;
  }
  const meanLog = strengths.reduce((sum, strength) => sum + Math.log(strength), 0) / count;
  return strengths.map((strength) => strength / Math.exp(meanLog));
}

/**
 * The soft labels of two candidates after a battle that the first won: for each, the probability that its answer would be
 * preferred over that of another candidate drawn at random, given what the battle showed. Bradley-Terry strengths are those
 * of a race (Luce's choice axiom), in which for a third candidate k
 *
 *     P(winner beats k | winner beat loser) = (w + l) / (w + l + k)
 *     P(loser beats k | winner beat loser)  = (w + l) / (w + l + k) * l / (l + k)
 *
 * with w, l and k their strengths; against each other it is 1 and 0. Over both outcomes, weighted by their probability, a
 * label's mean is the candidate's mean probability to win.
 */
export function battleLabels(
  strengths: readonly number[],
  winner: number,
  loser: number,
): { readonly winner: number; readonly loser: number } {
  const won = strengths[winner]!;
  const lost = strengths[loser]!;
  let winnerSum = 1;
  let loserSum = 0;
  for (const [index, other] of strengths.entries()) {
    if (index === winner || index === loser) continue;
    const first = (won + lost) / (won + lost + other);
    winnerSum += first;
    loserSum += (first * lost) / (lost + other);
  }
  const others = strengths.length - 1;
  return { winner: winnerSum / others, loser: loserSum / others };
}
