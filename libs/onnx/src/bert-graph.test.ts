import assert from "node:assert/strict";
import { test } from "node:test";
import { bertGraph, type BertShape } from "./bert-graph.ts";
import { plainBert } from "./plain-bert.ts";
import { openSession, type Session } from "./session.ts";
import { tinyBertWeights } from "./tiny-bert.ts";

const shape: BertShape = { layers: 2, hidden: 8, heads: 2, layerNormEpsilon: 1e-12 };
const weights = tinyBertWeights(shape, { vocabulary: 11, positions: 16, intermediate: 12 });

test("agrees with the plain loops", async () => {
  await using session = await openSession(bertGraph(shape, weights));
  for (const ids of [[1], [3, 1, 4], [1, 5, 9, 2, 6, 5, 3]]) {
    near(await pool(session, [ids]), plainBert(shape, weights, ids));
  }
});

test("a sequence does not depend on its padding or its batch mates", async () => {
  await using session = await openSession(bertGraph(shape, weights));
  const [short, long] = [
    [3, 1],
    [1, 5, 9, 2],
  ];
  const pooled = await pool(session, [short, long]);
  near(pooled.slice(0, 8), plainBert(shape, weights, short));
  near(pooled.slice(8), plainBert(shape, weights, long));
});

async function pool(session: Session, sequences: readonly (readonly number[])[]): Promise<number[]> {
  const tokens = Math.max(...sequences.map((ids) => ids.length));
  const batch = [sequences.length, tokens];
  const pad = (ids: readonly number[], value: (id: number) => number): number[] =>
    Array.from({ length: tokens }, (_, i) => (i < ids.length ? value(ids[i]!) : 0));
  const { pooled } = await session.run({
    ids: {
      shape: batch,
      data: BigInt64Array.from(
        sequences.flatMap((ids) => pad(ids, (id) => id)),
        BigInt,
      ),
    },
    positions: { shape: [tokens], data: BigInt64Array.from({ length: tokens }, (_, i) => BigInt(i)) },
    mask: { shape: batch, data: Float32Array.from(sequences.flatMap((ids) => pad(ids, () => 1))) },
  });
  return Array.from(pooled!.data as Float32Array);
}

function near(actual: readonly number[], expected: readonly number[]): void {
  assert.equal(actual.length, expected.length);
  expected.forEach((value, i) =>
    assert.ok(Math.abs(actual[i]! - value) < 1e-4, `${actual[i]} is not ${value}`),
  );
}
