import assert from "node:assert/strict";
import { test } from "node:test";
import { countFeatures, extractFeatures, ngramCount } from "@ipr/estimator";
import * as fc from "fast-check";
import { packNgrams, unpackNgrams } from "./packed-ngrams.ts";

test("the weights of packed n-grams are those a prompt is served with, to the last bit", () => {
  const word = fc.constantFrom("aaaa", "the", "of", "x+y", "Ünïcode", "\n");
  const text = fc.array(word, { maxLength: 400 }).map((words) => words.join(" "));
  fc.assert(
    fc.property(text, fc.string({ unit: "binary" }), (long, short) => {
      for (const prompt of [long, short]) assert.deepEqual(unpacked(prompt), served(prompt));
    }),
  );
});

test("a count too large for four bits takes one more word, and is kept", () => {
  const { indices, counts } = countFeatures("a ".repeat(500)).ngrams;
  const long = counts.filter((count) => count > 15).length;
  assert.ok(long > 0);
  assert.equal(packNgrams({ indices, counts }).length, indices.length + long);
  assert.deepEqual(unpacked("a ".repeat(500)), served("a ".repeat(500)));
});

function unpacked(text: string): Float32Array {
  const words = packNgrams(countFeatures(text).ngrams);
  const into = new Float32Array(ngramCount + 3);
  unpackNgrams(words, { start: 0, end: words.length }, into, 3);
  return into.subarray(3);
}

function served(text: string): Float32Array {
  const into = new Float32Array(ngramCount);
  const { indices, values } = extractFeatures(text).ngrams;
  for (const [i, bucket] of indices.entries()) into[bucket] = values[i]!;
  return into;
}
