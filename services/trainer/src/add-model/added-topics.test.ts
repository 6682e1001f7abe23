import assert from "node:assert/strict";
import { test } from "node:test";
import { logit, type TopicModel } from "@ipr/estimator";
import { seededRandom } from "@ipr/evaluation";
import { type AddedTopics, addTopics } from "./added-topics.ts";
import { divideRows } from "./divide-rows.ts";
import type { FittedHead } from "./fit-head.ts";
import { type HiddenRows, pickHiddenRows } from "./hidden-rows.ts";

const folds = 2;
const rows = 1200;
/** Three topics, told apart by one hidden unit each. The candidate is good at the first two, a little or much. */
const qualities = [0.9, 0.6, 0.1];

test("means tell topics apart that the head does not", () => {
  const { means } = mixed(drawWorld({ seed: 1, said: () => 0 }));
  for (let fold = 0; fold < folds; fold++) {
    for (const [topic, quality] of qualities.entries()) {
      assert.ok(Math.abs(means[fold * 3 + topic]! - quality) < 0.12, means.join(" "));
    }
  }
});

test("a topic with few labels has the mean that the head says it has", () => {
  const world = drawWorld({ seed: 2, said: (topic) => logit([0.3, 0.3, 0.7][topic]!) });
  const kept = [...Array(rows).keys()].filter((row) => world.topicOf[row] !== 2 || row < 36);
  const { means } = mixed(world, kept);
  assert.ok(means[2]! > 0.3 && means[5]! > 0.3, means.join(" "));
});

test("a mix that makes the estimates clearly worse is left out", () => {
  // The head knows each label's quality; topics are drawn without regard to it.
  const random = seededRandom(3);
  const world = drawWorld({ seed: 3, said: () => 0 });
  const quality = Float64Array.from({ length: rows }, () => (random() < 0.5 ? 0.95 : 0.05));
  const labels = quality.map((value) => Number(random() < value));
  const said = quality.map((value) => logit(value));
  assert.equal(addTopics({ ...problem(world), labels }, headSaying(said)), undefined);
});

test("an estimate knows nothing of the labels of its row's part", () => {
  const world = drawWorld({ seed: 4, said: () => 0 });
  const turned = world.labels.map((label, row) => (row % 5 === 0 ? label / 2 : label));
  const [before, after] = [mixed(world), mixed({ ...world, labels: turned })];
  for (let row = 0; row < rows; row++) {
    const isSame = before.crossValidated[0]![row] === after.crossValidated[0]![row];
    assert.equal(isSame, row % 5 === 0, `row ${row}`);
  }
});

test("a fold's means know nothing of the labels of its rows", () => {
  const world = drawWorld({ seed: 5, said: () => 0 });
  const turned = world.labels.map((label, row) => (row % folds === 0 ? 1 - label : label));
  const [before, after] = [mixed(world), mixed({ ...world, labels: turned })];
  assert.deepEqual(after.means.slice(0, 3), before.means.slice(0, 3));
  assert.notDeepEqual(after.means.slice(3), before.means.slice(3));
});

interface World {
  readonly topicOf: readonly number[];
  readonly hidden: HiddenRows;
  readonly labels: Float64Array;
  /** What the head says of each row, in log-odds. */
  readonly said: Float64Array;
}

function drawWorld({
  seed,
  said,
}: {
  readonly seed: number;
  readonly said: (topic: number) => number;
}): World {
  const random = seededRandom(seed);
  const topicOf = Array.from({ length: rows }, () => Math.floor(3 * random()));
  const units = topicOf.flatMap((topic) =>
    [0, 1].flatMap(() => [0, 1, 2].map((unit) => (unit === topic ? 6 : 0))),
  );
  return {
    topicOf,
    hidden: { rows, folds, units: 3, values: Float32Array.from(units) },
    labels: Float64Array.from(topicOf, (topic) => Number(random() < qualities[topic]!)),
    said: Float64Array.from(topicOf, said),
  };
}

/** Each topic's head reads its unit. */
const topics: TopicModel = {
  names: ["a", "b", "c"],
  weight: 0.5,
  heads: Float32Array.from([0, 1].flatMap(() => [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0])),
};

function problem({ hidden, labels }: World) {
  const foldOf = (row: number): number => row % folds;
  return { topics, hidden, labels, heldOutOf: foldOf, foldOf };
}

/** A head that says the same with and without a part. */
function headSaying(said: Float64Array): FittedHead {
  const byFold = [said, said];
  const parts = divideRows(said.length, (row) => row % 5).map((part) => ({ ...part, said: byFold }));
  return { head: new Float64Array(), said: byFold, parts };
}

function mixed(world: World, kept = [...Array(rows).keys()]): AddedTopics {
  const labels = Float64Array.from(kept, (row) => world.labels[row]!);
  const said = Float64Array.from(kept, (row) => world.said[row]!);
  const hidden = pickHiddenRows(world.hidden, kept);
  const added = addTopics(problem({ ...world, hidden, labels }), headSaying(said));
  assert.ok(added !== undefined);
  return added;
}
