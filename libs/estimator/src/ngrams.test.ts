import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { extractFeatures, maxFeatureCharacters } from "./features.ts";
import { countNgrams, ngramCount, type SparseNgrams, weighNgrams } from "./ngrams.ts";

test("buckets are the ones bundles were trained with", () => {
  const { indices } = hashNgrams("Prove it: 2+2");
  const words = [34, 191, 225, 322, 598, 904, 969, 1726, 2004, 2043];
  const characters = [2103, 2160, 2164, 2485, 2606, 2726, 2781, 2798, 2999, 3000, 3017, 3348, 3531, 3786];
  assert.deepEqual([...indices], [...words, ...characters]);
});

test("buckets ascend, weights are positive, and each half has length 2", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 300 }), (text) => {
      const { indices, values } = hashNgrams(text);
      assert.equal(indices.length, values.length);
      assert.ok(indices.every((bucket, i) => bucket < ngramCount && (i === 0 || bucket > indices[i - 1]!)));
      assert.ok(values.every((value) => value > 0));
      for (const isIn of [(bucket: number) => bucket < 2048, (bucket: number) => bucket >= 2048]) {
        const squares = values.reduce((sum, value, i) => sum + (isIn(indices[i]!) ? value * value : 0), 0);
        assert.ok(squares === 0 || Math.abs(Math.sqrt(squares) - 2) < 1e-3, String(squares));
      }
    }),
  );
});

test("case and amount of white space do not matter", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme-ascii" }), (text) => {
      const spaced = text.replaceAll(" ", " \n\t ").toUpperCase();
      assert.deepEqual(hashNgrams(spaced), hashNgrams(text.toLowerCase()));
    }),
  );
});

test("nothing is left over for the next text", () => {
  const first = hashNgrams("a text");
  hashNgrams("another one, quite different");
  assert.deepEqual(hashNgrams("a text"), first);
});

test("a long text is cut before its features are read, but its length is known", () => {
  const long = "word ".repeat(100_000);
  const { surface } = extractFeatures(long);
  assert.ok(Math.abs(surface[0]! - Math.log1p(long.length)) < 1e-4);
  assert.ok(surface[1]! <= Math.log1p(maxFeatureCharacters));
});

function hashNgrams(text: string): SparseNgrams {
  const { indices, counts } = countNgrams(text);
  return { indices, values: weighNgrams(indices, counts) };
}
