import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { createWordPiece, tokenizerSchema } from "@ipr/estimator";
import { shipped } from "@ipr/standalone";

/** Gives the n-th text of about so many tokens, each different. */
export type TextOfTokens = (tokens: number, n: number) => string;

/** Texts made of the words of real prompts, as the WordPiece tokenizer of the shipped encoders counts tokens. */
export async function createTextsOfTokens(prompts: readonly string[]): Promise<TextOfTokens> {
  const file = await readFile(join(shipped.encoderDir, "tokenizer.json"), "utf8");
  const tokenize = createWordPiece(tokenizerSchema.parse(JSON.parse(file)));
  const maxWordTokens = 16;
  const words = prompts.flatMap((prompt) =>
    prompt
      .split(/\s+/)
      .filter((word) => word !== "")
      .map((word) => ({ word, tokens: tokenize(word, maxWordTokens).length })),
  );
  return (tokens, n) => {
    const taken: string[] = [];
    // Starting elsewhere each time: 97 has no factor in common with most counts of words.
    for (let at = n * 97, count = 0; count < tokens; at++) {
      const next = words[at % words.length]!;
      taken.push(next.word);
      count += next.tokens;
    }
    return taken.join(" ");
  };
}
