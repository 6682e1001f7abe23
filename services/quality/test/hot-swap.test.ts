import assert from "node:assert/strict";
import { readFile, truncate, writeFile } from "node:fs/promises";
import { test } from "node:test";
import { BundleRole, type Estimate } from "@ipr/proto";
import { waitFor } from "@ipr/testing";
import { openBundleStore, openWorld, publishCalibration } from "./world.ts";

const prompts = ["What is 2 + 2?", "Write a poem about rain.", "def f(x):\n  return x", "Why?"];
const otherEncoder = "other@sha256:11";

/** Two bundles of the same encoder, the first of which is active. */
async function openTwo(options: Parameters<typeof openWorld>[1] = {}) {
  await using stack = new AsyncDisposableStack();
  const store = stack.use(await openBundleStore());
  const a = (await store.write("a", { seed: 1 })).manifest.id;
  const b = (await store.write("b", { seed: 2 })).manifest.id;
  await store.point("active", "a");
  const world = stack.use(await openWorld(store, options));
  const owned = stack.move();
  return { ...world, store, a, b, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

function qualitiesOf(estimates: readonly Estimate[]): number[] {
  return estimates.map(({ quality }) => quality);
}

test("a swap under a steady stream of requests loses none, and every answer is of the bundle that it names", async () => {
  await using world = await openTwo({ pollMs: 100 });
  /** What each bundle says of each prompt when it is asked alone. */
  const expected = new Map<string, number[]>();
  const answeredBy: string[] = [];
  const stopped = new AbortController();
  const askForever = async (first: number) => {
    for (let n = first; !stopped.signal.aborted; n++) {
      const text = prompts[n % prompts.length]!;
      const { bundle, estimates } = await world.predict({ text });
      const key = `${bundle} ${text}`;
      const known = expected.get(key) ?? qualitiesOf(estimates);
      expected.set(key, known);
      assert.deepEqual(qualitiesOf(estimates), known);
      answeredBy.push(bundle);
    }
  };
  const callers = Array.from({ length: 8 }, (_, n) => askForever(n));
  for (const [target, id] of [
    ["b", world.b],
    ["a", world.a],
    ["b", world.b],
  ] as const) {
    await world.store.point("active", target);
    const isAnsweredByIt = () =>
      answeredBy.at(-1) === id && prompts.every((text) => expected.has(`${id} ${text}`));
    await waitFor(isAnsweredByIt, { what: `${id} to answer every prompt` });
  }
  stopped.abort();
  await Promise.all(callers);

  for (const text of prompts) {
    const ofA = await world.predict({ text, bundle: world.a });
    const ofB = await world.predict({ text, bundle: world.b });
    assert.notDeepEqual(qualitiesOf(ofA.estimates), qualitiesOf(ofB.estimates));
    assert.deepEqual(expected.get(`${world.a} ${text}`), qualitiesOf(ofA.estimates));
    assert.deepEqual(expected.get(`${world.b} ${text}`), qualitiesOf(ofB.estimates));
  }
});

test("a bundle that is written over the active one is taken", async () => {
  await using store = await openBundleStore();
  await store.write("active", { seed: 1 });
  await using world = await openWorld(store, { pollMs: 100 });
  const { id } = (await store.write("active", { seed: 2 })).manifest;
  await waitFor(async () => (await world.predict()).bundle === id, { what: "the new bundle to answer" });
});

test("each bundle has its own calibration, which is there with its first answer", async () => {
  await using world = await openTwo();
  const { candidate } = (await world.predict()).estimates[0]!;
  await publishCalibration(world.bus, world.a, { revision: "of-a", candidate });
  await publishCalibration(world.bus, world.b, { revision: "of-b", candidate });
  await waitFor(async () => (await world.predict()).calibration === "of-a", { what: "that of the first" });
  await world.store.point("active", "b");
  await world.reload();
  const after = await world.predict();
  assert.deepEqual([after.bundle, after.calibration], [world.b, "of-b"]);
  // The one before is still loaded, and its calibration is still followed.
  await publishCalibration(world.bus, world.a, { revision: "of-a-2", candidate });
  await waitFor(async () => (await world.predict({ bundle: world.a })).calibration === "of-a-2", {
    what: "the later calibration of the bundle before",
  });
});

const damages: [string, (dir: string) => Promise<void>, RegExp][] = [
  ["with a truncated file", (dir) => truncate(`${dir}/trunk.f16`, 10), /trunk\.f16 has 10 bytes/],
  ["with another digest", (dir) => flipByte(`${dir}/trained-on.bin`), /trained-on\.bin.*sha256/],
  ["of an unknown format", setFormatVersion, /format version 99/],
  ["that is no bundle", (dir) => writeFile(`${dir}/manifest.json`, "{"), /manifest\.json is not JSON/],
];

for (const [what, damage, message] of damages) {
  test(`a bundle ${what} is refused and told of, and the last good one stays until a good one comes`, async () => {
    await using world = await openTwo();
    const before = await world.predict();
    await damage(world.store.pathOf("b"));
    await world.store.point("active", "b");
    const [slot] = await world.reload();
    assert.deepEqual(await world.predict(), before);
    assert.equal(slot?.refusal?.reason, "BAD_BUNDLE");
    assert.match(slot.refusal.message, message);
    assert.ok(slot.refusal.path.endsWith("/b"), slot.refusal.path);
    assert.ok(slot.refusal.refusedAt);
    await world.reload();
    assert.equal(world.log.filter((line) => line.includes("bundle_refused")).length, 1, "told once");

    const { id } = (await world.store.write("c", { seed: 3 })).manifest;
    await world.store.point("active", "c");
    const [healed] = await world.reload();
    assert.equal(healed?.refusal, undefined);
    assert.equal((await world.predict()).bundle, id);
  });
}

test("a bundle that comes file by file, its manifest first, is taken when it is whole", async () => {
  await using world = await openTwo();
  const file = `${world.store.pathOf("b")}/trunk.f16`;
  const whole = await readFile(file);
  await truncate(file, 10);
  await world.store.point("active", "b");
  await world.reload();
  assert.equal((await world.predict()).bundle, world.a);
  await writeFile(file, whole);
  await world.reload();
  assert.equal((await world.predict()).bundle, world.b);
});

test("a bad bundle at the start is an error that names it", async () => {
  await using store = await openBundleStore();
  await store.write("active", { seed: 1 });
  await store.write("standIn", { seed: 2, encoder: otherEncoder });
  await truncate(`${store.pathOf("standIn")}/trunk.f16`, 10);
  await assert.rejects(openWorld(store, { standIn: "standIn" }), {
    reason: "BAD_BUNDLE",
    message: /standIn.*trunk\.f16/,
  });
});

test("the bundle before stays loaded: it answers who names it, and comes back by a call until the source changes", async () => {
  await using world = await openTwo();
  const first = await world.predict();
  await world.store.point("active", "b");
  await world.reload();
  const [swapped] = await world.slots();
  assert.deepEqual([swapped?.current?.bundle, swapped?.previous?.bundle], [world.b, world.a]);
  assert.deepEqual(await world.predict({ bundle: world.a }), first);

  const { slot } = await world.client.rollBackBundle({ role: BundleRole.ACTIVE });
  assert.deepEqual(
    [slot?.current?.bundle, slot?.previous?.bundle, slot?.rolledBack],
    [world.a, world.b, true],
  );
  await world.reload();
  assert.deepEqual(await world.predict(), first, "what the source has is not taken again");

  const { id } = (await world.store.write("c", { seed: 3 })).manifest;
  await world.store.point("active", "c");
  const [after] = await world.reload();
  assert.deepEqual(
    [after?.current?.bundle, after?.previous?.bundle, after?.rolledBack],
    [id, world.a, false],
  );
  await assert.rejects(world.predict({ bundle: world.b }), {
    reason: "UNKNOWN_BUNDLE",
    metadata: { bundle: world.b, known: `${id},${world.a}` },
  });
});

test("pointing back costs no load", async () => {
  await using world = await openTwo();
  const [{ current: first } = {}] = await world.slots();
  await world.store.point("active", "b");
  await world.reload();
  // Were it read again, it would be refused.
  await truncate(`${world.store.pathOf("a")}/trunk.f16`, 10);
  await world.store.point("active", "a");
  const [back] = await world.reload();
  assert.equal(back?.refusal, undefined);
  assert.deepEqual(back?.current, first);
});

test("there is nothing to go back to before the first swap, nor in a role without a source", async () => {
  await using world = await openTwo();
  for (const role of [BundleRole.ACTIVE, BundleRole.STAND_IN]) {
    await assert.rejects(world.client.rollBackBundle({ role }), { reason: "UNKNOWN_BUNDLE" });
  }
  await assert.rejects(world.client.rollBackBundle({ role: BundleRole.SHADOW }), { reason: "INVALID_FIELD" });
});

test("the stand-in answers the embeddings of its encoder, and an unknown encoder is told which are answered", async () => {
  await using store = await openBundleStore();
  await store.write("active", { seed: 1 });
  const standIn = (await store.write("standIn", { seed: 2, encoder: otherEncoder })).manifest.id;
  await using world = await openWorld(store, { standIn: "standIn" });
  const active = (await world.client.getBundle({})).bundle;
  assert.equal((await world.predict()).bundle, active);
  assert.equal((await world.predict({ encoder: otherEncoder })).bundle, standIn);
  assert.equal((await world.client.getBundle({ bundle: standIn })).encoder, otherEncoder);
  await assert.rejects(world.predict({ encoder: "third" }), {
    reason: "WRONG_ENCODER",
    metadata: { expected: `${world.encoder},${otherEncoder}`, actual: "third" },
  });
  await assert.rejects(world.predict({ bundle: standIn }), {
    reason: "WRONG_ENCODER",
    metadata: { expected: otherEncoder, actual: world.encoder },
  });
});

test("a bundle that would leave the embeddings in use without one is refused, unless the stand-in answers them", async () => {
  await using store = await openBundleStore();
  await store.write("a", { seed: 1 });
  const other = (await store.write("b", { seed: 2, encoder: otherEncoder })).manifest.id;
  await store.point("active", "a");
  {
    await using alone = await openWorld(store);
    await store.point("active", "b");
    const [slot] = await alone.reload();
    assert.equal(slot?.refusal?.reason, "WRONG_ENCODER");
    assert.match(slot.refusal.message, /nothing would answer/);
    assert.notEqual((await alone.predict()).bundle, other);
  }
  await store.point("active", "a");
  await store.write("standIn", { seed: 3 });
  await using world = await openWorld(store, { standIn: "standIn" });
  await store.point("active", "b");
  await world.reload();
  assert.equal((await world.client.getBundle({})).bundle, other);
  const answered = await world.predict();
  assert.notEqual(answered.bundle, other, "the stand-in answers the old encoder");
});

async function flipByte(file: string): Promise<void> {
  const content = await readFile(file);
  content[0]! ^= 1;
  await writeFile(file, content);
}

async function setFormatVersion(dir: string): Promise<void> {
  const manifest = await readFile(`${dir}/manifest.json`, "utf8");
  await writeFile(`${dir}/manifest.json`, manifest.replace(/"formatVersion": \d+/, '"formatVersion": 99'));
}
