import { Tokenizer } from "@huggingface/tokenizers";
import { badEncoder, createWordPiece, parseEncoderJson, tokenizerSchema } from "@ipr/estimator";
import { z } from "zod";

/** The ids of a text, at most `maxTokens`, with the tokens a model wants at both ends kept. */
export type TokenIds = (text: string) => readonly number[];

export interface TokenizerOptions {
  readonly kind: "wordpiece" | "huggingface";
  readonly maxTokens: number;
  /** Names the file in errors. */
  readonly dir: string;
}

const file = "tokenizer.json";
const anyObject = z.record(z.string(), z.unknown());

export function createTokenIds(content: Uint8Array, options: TokenizerOptions): TokenIds {
  return options.kind === "wordpiece" ? wordPieceIds(content, options) : huggingFaceIds(content, options);
}

function wordPieceIds(content: Uint8Array, { dir, maxTokens }: TokenizerOptions): TokenIds {
  const tokenizer = parseEncoderJson(dir, file, content, tokenizerSchema);
  const { vocab } = tokenizer.model;
  const special = (token: string): number => {
    const id = vocab[token];
    if (id === undefined) throw badEncoder(dir, file, `has no ${token}, which a BERT encoder needs`);
    return id;
  };
  const [first, last] = [special("[CLS]"), special("[SEP]")];
  const tokenize = createWordPiece(tokenizer);
  return (text) => [first, ...tokenize(text, Math.max(0, maxTokens - 2)), last];
}

/** Cuts by itself: `truncation` and `padding` of the file are for whoever trained with it. */
function huggingFaceIds(content: Uint8Array, { dir, maxTokens }: TokenizerOptions): TokenIds {
  const description = parseEncoderJson(dir, file, content, anyObject);
  const { truncation: _truncation, padding: _padding, ...rest } = description;
  let tokenizer: Tokenizer;
  try {
    tokenizer = new Tokenizer(rest, {});
  } catch (error) {
    throw badEncoder(dir, file, "is not a tokenizer that @huggingface/tokenizers reads", error);
  }
  const { head, tail } = specialEnds(tokenizer);
  const room = Math.max(0, maxTokens - head.length - tail.length);
  return (text) => {
    const { ids }: { readonly ids: readonly number[] } = tokenizer.encode(text, {
      add_special_tokens: false,
    });
    return [...head, ...ids.slice(0, room), ...tail];
  };
}

/** What the tokenizer puts before and after a text, found out on one. */
function specialEnds(tokenizer: Tokenizer): { head: readonly number[]; tail: readonly number[] } {
  const plain: readonly number[] = tokenizer.encode("a", { add_special_tokens: false }).ids;
  const whole: readonly number[] = tokenizer.encode("a").ids;
  const from = whole.findIndex((_, at) => plain.every((id, i) => whole[at + i] === id));
  return { head: whole.slice(0, from), tail: whole.slice(from + plain.length) };
}
