import { badData } from "../data/bad-data.ts";
import { type Battle, readBattles } from "./arena-battles.ts";
import { battleLabels, fitStrengths, type Pairing } from "./bradley-terry.ts";
import type { Importer } from "./importer.ts";

/** A candidate with fewer battles has no strength worth the name: it and its battles are left out. */
export const minBattles = 30;

/**
 * Chatbot Arena's battles: which of two answers a person preferred. See `bradley-terry.ts` for what becomes a label. The
 * files are read twice: once to fit the strengths, once to label.
 */
export const arena: Importer = {
  name: "arena",
  describe: "Chatbot Arena battles (33k, 55k, 100k, 140k and exports): pairs become soft labels",
  async *read(files, log) {
    const names: string[] = [];
    const indexes = new Map<string, number>();
    const indexOf = (name: string) => {
      const known = indexes.get(name);
      if (known !== undefined) return known;
      indexes.set(name, names.length);
      return names.push(name) - 1;
    };
    const pairings = new Map<string, Pairing>();
    for (const file of files) {
      for await (const battle of readBattles(file)) {
        if (typeof battle !== "string") countBattle(pairings, indexOf, battle);
      }
    }
    const kept = candidatesKept(names.length, [...pairings.values()]);
    if (kept.length < 2) {
      throw badData(
        files[0] ?? "",
        0,
        `leaves ${kept.length} candidates with ${minBattles} battles among each other; two are needed`,
      );
    }
    const place = new Map(kept.map((index, position) => [names[index]!, position]));
    const left = names.filter((name) => !place.has(name));
    if (left.length > 0) log.note(`left out, with fewer than ${minBattles} battles: ${left.join(", ")}`);
    const strengths = fitStrengths(kept.length, renumber([...pairings.values()], kept));
    for (const file of files) {
      for await (const battle of readBattles(file)) {
        log.read(file);
        if (typeof battle === "string") {
          log.drop(battle);
          continue;
        }
        const a = place.get(battle.a);
        const b = place.get(battle.b);
        if (a === undefined || b === undefined) {
          log.drop(`a battle of a candidate with fewer than ${minBattles}`);
          continue;
        }
        const { id, source, prompt, row } = battle;
        yield { id, source, prompt, scores: labelsOf(strengths, battle, a, b), file, row };
      }
    }
  },
};

function countBattle(
  pairings: Map<string, Pairing>,
  indexOf: (name: string) => number,
  battle: Battle,
): void {
  const a = indexOf(battle.a);
  const b = indexOf(battle.b);
  const key = `${a}/${b}`;
  const known = pairings.get(key) ?? { a, b, winsOfA: 0, battles: 0 };
  const winsOfA = known.winsOfA + outcomeOfA(battle);
  pairings.set(key, { a, b, winsOfA, battles: known.battles + 1 });
}

function outcomeOfA({ outcome }: Battle): number {
  if (outcome === "a") return 1;
  return outcome === "b" ? 0 : 0.5;
}

/** Leaving one candidate out takes battles from others, so this goes on until it holds for all that are left. */
function candidatesKept(count: number, pairings: readonly Pairing[]): readonly number[] {
  let kept = new Set(Array.from({ length: count }, (_, index) => index));
  for (;;) {
    const battles = new Map<number, number>();
    for (const { a, b, battles: fought } of pairings) {
      if (!kept.has(a) || !kept.has(b)) continue;
      battles.set(a, (battles.get(a) ?? 0) + fought);
      battles.set(b, (battles.get(b) ?? 0) + fought);
    }
    const next = new Set([...kept].filter((index) => (battles.get(index) ?? 0) >= minBattles));
    if (next.size === kept.size) return [...kept];
    kept = next;
  }
}

function renumber(pairings: readonly Pairing[], kept: readonly number[]): readonly Pairing[] {
  const position = new Map(kept.map((index, place) => [index, place]));
  return pairings.flatMap((pairing) => {
    const a = position.get(pairing.a);
    const b = position.get(pairing.b);
    return a === undefined || b === undefined ? [] : [{ ...pairing, a, b }];
  });
}

/** A tie is the mean of both outcomes; where both were bad, each has the label of a loser. */
function labelsOf(
  strengths: readonly number[],
  battle: Battle,
  a: number,
  b: number,
): Record<string, number> {
  const ifA = battleLabels(strengths, a, b);
  const ifB = battleLabels(strengths, b, a);
  const labels = {
    a: [ifA.winner, ifA.loser],
    b: [ifB.loser, ifB.winner],
    tie: [(ifA.winner + ifB.loser) / 2, (ifA.loser + ifB.winner) / 2],
    bothBad: [ifB.loser, ifA.loser],
  }[battle.outcome];
  return { [battle.a]: labels[0]!, [battle.b]: labels[1]! };
}
