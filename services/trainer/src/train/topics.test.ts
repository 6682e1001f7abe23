import assert from "node:assert/strict";
import { test } from "node:test";
import { createFeatureTableBuilder } from "./feature-table.ts";
import { topicMeansOf, topicsOf } from "./topics.ts";
import { createTrainingSetBuilder } from "./training-set.ts";

test("a source with rows enough is a topic, small ones go together by family, what is still small is other", () => {
  const { names, ofRow } = topicsOf(
    ...dataOf({ gsm8k: 30, "mmlu/law": 25, "mmlu/art": 12, "mmlu/war": 11, odd: 3 }),
    7,
  );
  assert.deepEqual(names, ["gsm8k", "mmlu/law", "mmlu/other", "other"]);
  const counts = names.map((_, topic) => ofRow.filter((value) => value === topic).length);
  assert.deepEqual(counts, [30, 25, 23, 3]);
});

test("without sources the topics are clusters of embeddings, the same for the same seed", () => {
  const [set, features] = dataOf({ "": 400 });
  const { names, ofRow } = topicsOf(set, features, 7);
  assert.equal(names.length, 4);
  assert.deepEqual(topicsOf(set, features, 7).ofRow, ofRow);
  const clusterOf = (row: number): number => ofRow[row]!;
  for (let row = 4; row < 400; row++)
    assert.equal(clusterOf(row), clusterOf(row % 4), "rows of one direction");
});

test("a topic's mean is drawn to the candidate's where the topic has few labels", () => {
  const job = {
    candidates: 2,
    topics: 2,
    topicOfRow: Uint16Array.of(0, 0, 0, 1),
    trainRows: Uint32Array.of(0, 1, 2, 3),
    scores: Float32Array.of(1, Number.NaN, 1, Number.NaN, 1, Number.NaN, 0, Number.NaN),
  };
  const means = topicMeansOf(job as never);
  assert.ok(Math.abs(means[0]! - (3 + 5 * 0.75) / 8) < 1e-6);
  assert.ok(Math.abs(means[1]! - (0 + 5 * 0.75) / 6) < 1e-6);
  assert.deepEqual([...means.subarray(2)], [0.5, 0.5], "no label at all");
});

/** Rows of each source, in turn along one of four directions. */
function dataOf(sources: Readonly<Record<string, number>>) {
  const builder = createTrainingSetBuilder();
  const table = createFeatureTableBuilder(4);
  for (const [source, count] of Object.entries(sources)) {
    for (let i = 0; i < count; i++) {
      const row = {
        id: `${source}-${i}`,
        source,
        text: "x",
        characters: 1,
        scores: { a: 1 },
        outputTokens: {},
      };
      builder.add({ ...row, split: "train" }, BigInt(builder.rows));
      const embeddings = new Float32Array(4);
      embeddings[i % 4] = 1;
      table.append({
        rows: 1,
        embeddings,
        surfaces: new Float32Array(13),
        ngramCounts: Uint16Array.of(0),
        ngramWords: new Uint16Array(0),
      } as never);
    }
  }
  return [builder.finish(), table.finish()] as const;
}
