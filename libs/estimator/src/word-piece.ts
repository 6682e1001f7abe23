import { z } from "zod";

/** The part of a Hugging Face `tokenizer.json` that describes an uncased BERT tokenizer. Others are refused. */
export const tokenizerSchema = z.object({
  normalizer: z.object({
    type: z.literal("BertNormalizer"),
    clean_text: z.literal(true),
    handle_chinese_chars: z.literal(true),
    strip_accents: z.union([z.literal(true), z.null()]),
    lowercase: z.literal(true),
  }),
  pre_tokenizer: z.object({ type: z.literal("BertPreTokenizer") }),
  model: z.object({
    type: z.literal("WordPiece").default("WordPiece"),
    unk_token: z.string(),
    continuing_subword_prefix: z.string(),
    max_input_chars_per_word: z.number().int().positive(),
    vocab: z.record(z.string(), z.number().int().nonnegative()),
  }),
});

export type TokenizerFile = z.infer<typeof tokenizerSchema>;

/** Gives at most `maxTokens` token ids of a text; no [CLS] and [SEP] are added, and none are read from the text. */
export type Tokenize = (text: string, maxTokens: number) => number[];

/** How many words' pieces are remembered, of words short enough to have any; when full, all are forgotten. */
const maxCachedWords = 50_000;

/**
 * An uncased BERT WordPiece tokenizer. It gives the ids of @huggingface/tokenizers (a property test holds it to that),
 * several times faster: plain ASCII skips Unicode normalisation, words are remembered, and it stops at `maxTokens`.
 */
export function createWordPiece({ model }: Pick<TokenizerFile, "model">): Tokenize {
  const vocabulary = new Map(Object.entries(model.vocab));
  const unknown = vocabulary.get(model.unk_token);
  if (unknown === undefined)
    throw new RangeError(`the vocabulary lacks its own unk_token ${model.unk_token}`);
  const { continuing_subword_prefix: prefix, max_input_chars_per_word: maxCharacters } = model;
  const cache = new Map<string, readonly number[]>();

  const split = (word: string): readonly number[] => {
    const characters = Array.from(word);
    if (characters.length > maxCharacters) return [unknown];
    const pieces: number[] = [];
    let start = 0;
    while (start < characters.length) {
      let end = characters.length;
      let piece: number | undefined;
      for (; end > start; end--) {
        const candidate = (start === 0 ? "" : prefix) + characters.slice(start, end).join("");
        piece = vocabulary.get(candidate);
        if (piece !== undefined) break;
      }
      if (piece === undefined) return [unknown];
      pieces.push(piece);
      start = end;
    }
    return pieces;
  };

  const piecesOf = (word: string): readonly number[] => {
    if (word.length > maxCharacters) return split(word);
    let pieces = cache.get(word);
    if (pieces === undefined) {
      pieces = split(word);
      if (cache.size >= maxCachedWords) cache.clear();
      cache.set(word, pieces);
    }
    return pieces;
  };

  return (text, maxTokens) => {
    const ids: number[] = [];
    const wordPattern = newWordPattern();
    const normal = normalise(text);
    for (let match = wordPattern.exec(normal); match !== null; match = wordPattern.exec(normal)) {
      for (const id of piecesOf(match[0])) {
        if (ids.length === maxTokens) return ids;
        ids.push(id);
      }
      if (ids.length === maxTokens) return ids;
    }
    return ids;
  };
}

/** A word, or one mark of punctuation. */
function newWordPattern(): RegExp {
  return /[^\s\p{P}!-/:-@[-`{-~]+|[\p{P}!-/:-@[-`{-~]/gu;
}

const plainAscii = /^[\t\n\r -~]*$/;
const chinese = /[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]/g;
const dropped = /(?![\t\n\r])[\p{Cc}\p{Cf}\p{Co}\p{Cs}\ufffd]/gu;

/** Lower case without accents and control characters, and Chinese characters as words of their own. */
function normalise(text: string): string {
  if (plainAscii.test(text)) return text.toLowerCase();
  return text
    .replaceAll(dropped, "")
    .replaceAll(chinese, " $& ")
    .toLowerCase()
    .normalize("NFD")
    .replaceAll(/\p{Mn}/gu, "");
}
