import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { Tokenizer } from "@huggingface/tokenizers";
import * as fc from "fast-check";
import { createWordPiece, tokenizerSchema } from "./word-piece.ts";

// The tokenizer of the default encoder: a real vocabulary of 30,522 pieces.
const file = new URL("../../../deploy/default/encoder/tokenizer.json", import.meta.url);
const tokenizerJson = JSON.parse(await readFile(file, "utf8")) as Record<string, unknown>;
const tokenize = createWordPiece(tokenizerSchema.parse(tokenizerJson));

// The library as the oracle. Texts that spell a control token, such as "[SEP]", are text to us: prompts are not markup.
const oracle = new Tokenizer({ ...tokenizerJson, truncation: null, padding: null, added_tokens: [] }, {});
const expected = (text: string): number[] => oracle.encode(text, { add_special_tokens: false }).ids;

const examples = [
  "Prove that sqrt(2) is irrational.",
  "def f(x):\n    return x**2  # explain\tthis",
  "Écrivez un poème naïf sur l'automne à Montréal",
  "東京の天気はどうですか。",
  "서울의 날씨는 어떻습니까?",
  "Докажи, что корень из двух иррационален",
  "أثبت أن الجذر التربيعي للعدد 2 غير نسبي",
  "हिन्दी में समझाइए",
  "พิสูจน์ว่า √2 เป็นจำนวนอตรรกยะ",
  "😀 emoji 👩‍👩‍👧 and flags 🇨🇭",
  "supercalifragilisticexpialidocious " + "x".repeat(150),
  " no-break\u00a0space, zero\u200bwidth, bell\u0007, soft\u00adhyphen",
  "İstanbul ẞtraße ﬁnite ½ ２",
  "",
];

test("gives the library's ids on many scripts", () => {
  for (const text of examples) assert.deepEqual(tokenize(text, 10_000), expected(text), text);
});

test("gives the library's ids on any text", () => {
  const words = fc.constantFrom(...examples.flatMap((text) => text.split(/(?<=\s)/)));
  const text = fc.oneof(
    fc.string({ unit: "grapheme" }),
    fc.string({ unit: "binary" }),
    fc.string({ unit: "grapheme-ascii", maxLength: 80 }),
    fc.array(words, { maxLength: 12 }).map((parts) => parts.join("")),
  );
  fc.assert(
    fc.property(text, (value) => assert.deepEqual(tokenize(value, 10_000), expected(value))),
    { numRuns: 1000 },
  );
});

test("stops at the limit with the first ids", () => {
  const text = "one two three unbelievable things";
  const all = tokenize(text, 100);
  for (let limit = 0; limit <= all.length + 1; limit++)
    assert.deepEqual(tokenize(text, limit), all.slice(0, limit));
});

test("another kind of tokenizer is refused", () => {
  const cased = {
    ...tokenizerJson,
    normalizer: { ...(tokenizerJson["normalizer"] as object), lowercase: false },
  };
  assert.equal(tokenizerSchema.safeParse(cased).success, false);
});
