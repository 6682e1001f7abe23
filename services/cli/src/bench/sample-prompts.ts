import { join } from "node:path";
import { readLabelledPrompts } from "@ipr/trainer";
import { shipped } from "@ipr/standalone";

/** The shipped sets whose test prompts are used: short questions, and long ones with code and choices. */
const files = ["zeroeval.jsonl.gz", "mmlupro.jsonl.gz"];

/** The first `count` test prompts of each shipped set, taken in turn: real text, the same on every machine. */
export async function samplePrompts(count: number): Promise<string[]> {
  const sets = await Promise.all(files.map((file) => testPrompts(join(shipped.dataDir, file), count)));
  return Array.from({ length: count }, (_, i) => sets.map((texts) => texts[i] ?? ""))
    .flat()
    .filter((text) => text !== "");
}

async function testPrompts(file: string, count: number): Promise<string[]> {
  const texts: string[] = [];
  for await (const { split, text } of readLabelledPrompts(file)) {
    if (split === "test") texts.push(text);
    if (texts.length === count) break;
  }
  return texts;
}

/** A prompt of exactly `characters` characters, made of real ones. `n` makes each different, so that no cache helps. */
export function promptOfLength(prompts: readonly string[], characters: number, n: number): string {
  let text = `${n} `;
  for (let i = n; text.length < characters; i++) text += `${prompts[i % prompts.length]} `;
  return text.slice(0, characters);
}
