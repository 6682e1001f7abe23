import type { Statistic } from "./bootstrap.ts";
import { cell, type Matrix } from "./matrix.ts";

/**
 * Average performance gap recovered (RouteLLM): prompts go to the strong candidate in order of its predicted lead,
 * and the share of the quality gap won is averaged over all shares of strong calls. Random order has 0.5. Prompts
 * with equal leads count as if in random order. NaN where the two are equally good: there is no gap then.
 */
export function apgr(
  estimates: Matrix,
  scores: Matrix,
  pair: { readonly weak: number; readonly strong: number },
): Statistic {
  const lead = Float64Array.from(
    { length: estimates.rows },
    (_, row) => cell(estimates, row, pair.strong) - cell(estimates, row, pair.weak),
  );
  const gain = Float64Array.from(
    { length: scores.rows },
    (_, row) => cell(scores, row, pair.strong) - cell(scores, row, pair.weak),
  );
  const order = Uint32Array.from(lead.keys()).toSorted((a, b) => lead[b]! - lead[a]!);
  return (weights) => {
    let [area, recovered, tiedGain, tiedCalls, calls] = [0, 0, 0, 0, 0];
    for (let index = 0; index < order.length; index++) {
      const row = order[index]!;
      tiedGain += weights[row]! * gain[row]!;
      tiedCalls += weights[row]!;
      const isLastOfTie = index + 1 === order.length || lead[order[index + 1]!] !== lead[row];
      if (!isLastOfTie) continue;
      area += tiedCalls * (recovered + tiedGain / 2);
      recovered += tiedGain;
      calls += tiedCalls;
      tiedGain = 0;
      tiedCalls = 0;
    }
    return recovered === 0 ? Number.NaN : area / (calls * recovered);
  };
}
