import assert from "node:assert/strict";
import { test } from "node:test";
import { activations, bertGraph, type BertGraphOptions, bertPorts, type BertShape } from "./bert-graph.ts";
import { plainBert } from "./plain-bert.ts";
import { openSession, type Session } from "./session.ts";
import { tinyBertWeights } from "./tiny-bert.ts";

const shape: BertShape = { layers: 2, hidden: 8, heads: 2, layerNormEpsilon: 1e-12, activation: "gelu" };
const weights = tinyBertWeights(shape, { vocabulary: 11, positions: 16, intermediate: 12 });
const raw: BertGraphOptions = { precision: "fp32", pooling: "mean", normalise: false };
const sequences = [[1], [3, 1, 4], [1, 5, 9, 2, 6, 5, 3]];

test("agrees with the plain loops, with every activation and both poolings", async () => {
  for (const activation of activations) {
    for (const pooling of ["mean", "cls"] as const) {
      const variant = { ...shape, activation };
      await using session = await openSession(bertGraph(variant, weights, { ...raw, pooling }));
      for (const ids of sequences)
        near(await encode(session, [ids]), plainBert(variant, weights, ids, pooling));
    }
  }
});

test("a sequence does not depend on its padding or its batch mates", async () => {
  await using session = await openSession(bertGraph(shape, weights, raw));
  const [short, long] = [
    [3, 1],
    [1, 5, 9, 2],
  ];
  const vectors = await encode(session, [short, long]);
  near(vectors.slice(0, 8), plainBert(shape, weights, short));
  near(vectors.slice(8), plainBert(shape, weights, long));
});

test("a normalised vector has the same direction and unit length", async () => {
  await using session = await openSession(bertGraph(shape, weights, { ...raw, normalise: true }));
  const plain = plainBert(shape, weights, [3, 1, 4]);
  const length = Math.hypot(...plain);
  near(
    await encode(session, [[3, 1, 4]]),
    plain.map((value) => value / length),
  );
});

test("in 8 bits the vectors keep their direction in a quarter of the bytes", async () => {
  const wide: BertShape = { ...shape, hidden: 64, heads: 4 };
  const wideWeights = tinyBertWeights(wide, { vocabulary: 500, positions: 16, intermediate: 128 });
  const graph = bertGraph(wide, wideWeights, { ...raw, precision: "int8" });
  assert.ok(graph.length < 0.35 * bertGraph(wide, wideWeights, raw).length);
  await using session = await openSession(graph);
  for (const ids of sequences) {
    const similarity = cosine(await encode(session, [ids]), plainBert(wide, wideWeights, ids));
    assert.ok(similarity > 0.99 && similarity < 1, `cosine ${similarity}`);
  }
});

async function encode(session: Session, batch: readonly (readonly number[])[]): Promise<number[]> {
  const tokens = Math.max(...batch.map((ids) => ids.length));
  const padded = (value: (id: number) => number): BigInt64Array =>
    BigInt64Array.from(
      batch.flatMap((ids) => Array.from({ length: tokens }, (_, i) => (i < ids.length ? value(ids[i]!) : 0))),
      BigInt,
    );
  const results = await session.run({
    [bertPorts.ids]: { shape: [batch.length, tokens], data: padded((id) => id) },
    [bertPorts.mask]: { shape: [batch.length, tokens], data: padded(() => 1) },
  });
  return Array.from(results[bertPorts.output]!.data as Float32Array);
}

function near(actual: readonly number[], expected: readonly number[]): void {
  assert.equal(actual.length, expected.length);
  expected.forEach((value, i) =>
    assert.ok(Math.abs(actual[i]! - value) < 1e-4, `${actual[i]} is not ${value}`),
  );
}

function cosine(a: readonly number[], b: readonly number[]): number {
  const dot = a.reduce((sum, value, i) => sum + value * b[i]!, 0);
  return dot / (Math.hypot(...a) * Math.hypot(...b));
}
