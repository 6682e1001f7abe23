import assert from "node:assert/strict";
import { test } from "node:test";
import { padded, scaleToUnitLength, sentenceVectors } from "./sentence-vectors.ts";

// Two texts, of 2 and of 1 tokens: the third vector of each, and the second of the last, are padding.
const output = Float32Array.of(1, 2, 3, 4, 99, 99, 5, 6, 99, 99, 99, 99);
const shape = { batch: 2, tokens: 3, dimension: 2 };

test("the mean is over the tokens of a text and not its padding", () => {
  assert.deepEqual(sentenceVectors(output, shape, [2, 1], "mean"), Float32Array.of(2, 3, 5, 6));
});

test("cls is the first token", () => {
  assert.deepEqual(sentenceVectors(output, shape, [2, 1], "cls"), Float32Array.of(1, 2, 5, 6));
});

test("texts of different lengths become one rectangle with masked padding", () => {
  const rows = [[7, 8], [9]];
  assert.deepEqual(padded(rows, (row, at) => row[at]!, "int64").data, BigInt64Array.of(7n, 8n, 9n, 0n));
  assert.deepEqual(
    padded(rows, () => 1, "float"),
    { shape: [2, 2], data: Float32Array.of(1, 1, 1, 0) },
  );
});

test("each vector gets unit length, and one of zeros stays", () => {
  const vectors = Float32Array.of(3, 4, 0, 0);
  scaleToUnitLength(vectors, 2);
  assert.deepEqual(vectors, Float32Array.of(3 / 5, 4 / 5, 0, 0));
});
