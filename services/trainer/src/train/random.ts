import { createHash } from "node:crypto";
import { type Random, seededRandom } from "@ipr/evaluation";

/** A stream of its own for one purpose, such as "dropout", of one seed: adding a purpose leaves the others as they were. */
export function randomFor(seed: number, ...purpose: readonly (string | number)[]): Random {
  return seededRandom(hash32(`${seed}/${purpose.join("/")}`));
}

/** 32 bits of a text's sha256: the same everywhere. */
export function hash32(text: string): number {
  return createHash("sha256").update(text).digest().readUInt32BE(0);
}

/** Draws from the standard normal distribution (Box and Muller). */
export function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}
