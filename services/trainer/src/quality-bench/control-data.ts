import { type Random, seededRandom, shuffledIndexes } from "@ipr/evaluation";
import type { LabelledPrompt } from "../data/labelled-prompt.ts";
import type { Control } from "./cases.ts";

const alphabet = "abcdefghijklmnopqrstuvwxyz";

/** The prompts with what should be learnt taken out of those that are trained on; test rows keep their labels. */
export function withoutSignal(
  prompts: readonly LabelledPrompt[],
  control: Control,
  seed: number,
): LabelledPrompt[] {
  const random = seededRandom(seed);
  if (control === "random prompts") {
    // New words of new lengths: nothing of a prompt is left, in its embedding, its n-grams or its surface.
    return prompts.map((prompt) => ({ ...prompt, text: randomWords(random) }));
  }
  const trained = prompts.flatMap((prompt, index) => (prompt.split === "test" ? [] : [index]));
  const order = shuffledIndexes(trained.length, random);
  const donors = new Map(trained.map((index, i) => [index, prompts[trained[order[i]!]!]!]));
  return prompts.map((prompt, index) => {
    const { scores, outputTokens } = donors.get(index) ?? prompt;
    return { ...prompt, scores, outputTokens };
  });
}

function randomWords(random: Random): string {
  const between = (least: number, most: number): number => least + Math.floor(random() * (most - least));
  const word = (): string =>
    Array.from({ length: between(2, 10) }, () => alphabet[between(0, alphabet.length)]).join("");
  return Array.from({ length: between(10, 120) }, word).join(" ");
}
