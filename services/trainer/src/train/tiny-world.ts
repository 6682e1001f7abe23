import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { quantiseTable, writeEncoder } from "@ipr/estimator";
import { bertTokenizer, seededRandom } from "@ipr/testing";

const words = ["add", "numbers", "prove", "theorem", "please", "now", "deep", "small", "[UNK]"];

/** For tests: an encoder of nine words and eight dimensions. */
export async function writeTinyEncoder(dir: string): Promise<string> {
  const random = seededRandom(5);
  const rows = Float32Array.from({ length: words.length * 8 }, () => random() - 0.5);
  const path = join(dir, "encoder");
  await writeEncoder(path, {
    reference: "tiny",
    maxTokens: 16,
    maxCharacters: 256,
    licence: "Apache-2.0",
    origin: "drawn for a test",
    command: "none",
    tokenizer: Buffer.from(JSON.stringify(bertTokenizer(words))),
    table: quantiseTable(rows, 8),
  });
  return path;
}

/**
 * For tests: labelled prompts of an easy and a hard kind. "strong" is good at both, "weak" at the easy kind only and has
 * a label on every second row, "rare" on every twentieth. Hard answers are ten times as long.
 */
export async function writeTinyData(dir: string, rows: number, name = "tiny.jsonl"): Promise<string> {
  const random = seededRandom(11);
  const lines = Array.from({ length: rows }, (_, i) => {
    const isHard = random() < 0.5;
    const filler = words[4 + Math.floor(random() * 4)];
    const scores: Record<string, number> = { strong: Number(random() < 0.9) };
    const tokens: Record<string, number> = { strong: (isHard ? 1000 : 100) * (0.8 + 0.4 * random()) };
    const weak = Number(random() < (isHard ? 0.1 : 0.9));
    const rare = Number(random() < 0.5);
    if (i % 2 === 0) scores["weak"] = weak;
    if (i % 20 === 0) scores["rare"] = rare;
    const prompt = `${isHard ? "prove theorem" : "add numbers"} ${filler} ${i}`;
    const source = isHard ? "tiny/hard" : "tiny/easy";
    return JSON.stringify({ id: `row-${i}`, source, prompt, scores, output_tokens: tokens });
  });
  const path = join(dir, name);
  await writeFile(path, lines.join("\n"));
  return path;
}
