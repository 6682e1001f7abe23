import assert from "node:assert/strict";
import { test } from "node:test";
import { temporaryDirectory } from "@ipr/testing";
import { openLedger } from "./ledger.ts";

const choice = (decisionId: string, more = {}) => ({
  decisionId,
  tenant: "acme",
  bundle: "b1",
  candidate: "small",
  logit: 1,
  weight: 2,
  ...more,
});
const feedback = (eventId: string, decisionId: string, more = {}) => ({
  eventId,
  decisionId,
  tenant: "acme",
  reward: 0.5,
  ...more,
});
const lesson = { bundle: "b1", candidate: "small" };
const onePair = [{ logit: 1, reward: 0.5, weight: 2 }];
const plain = (rows: unknown[]) => rows.map((row) => ({ ...(row as object) }));

test("feedback meets its decision in either order, and either of them counts once", async () => {
  for (const order of ["decision first", "feedback first"]) {
    const ledger = openLedger(undefined);
    const steps = [() => ledger.takeDecision(choice("d")), () => ledger.takeFeedback(feedback("f", "d"))];
    if (order === "feedback first") steps.reverse();
    for (const step of [...steps, ...steps]) await step();
    assert.deepEqual(plain(ledger.pairsOf(lesson)), onePair, order);
    assert.deepEqual(ledger.counts(), { decisions: 1, feedback: 1, joined: 1, waiting: 0 }, order);
    await ledger.close();
  }
});

test("what was taken is there when the ledger is opened again, and still counts once", async () => {
  await using directory = await temporaryDirectory();
  const first = openLedger(directory.path);
  await first.takeDecision(choice("d"));
  await first.takeFeedback(feedback("f", "d"));
  await first.takeFeedback(feedback("early", "later"));
  assert.equal(await first.nextSequence(0), 1);
  await first.close();

  const again = openLedger(directory.path);
  assert.equal((await again.takeFeedback(feedback("f", "d"))).fate, "duplicate");
  assert.deepEqual(plain(again.pairsOf(lesson)), onePair);
  assert.deepEqual((await again.takeDecision(choice("later"))).lessons, [lesson]);
  assert.deepEqual(again.counts(), { decisions: 2, feedback: 2, joined: 2, waiting: 0 });
  assert.equal(again.currentBundle(), "b1");
  assert.equal(await again.nextSequence(0), 2);
  assert.equal(await again.nextSequence(40), 41);
  await again.close();
});

test("feedback on an answer of another candidate than the chosen one teaches nothing, whichever comes first", async () => {
  const answer = { tenant: "acme", decisionId: "d", candidate: "large" };
  for (const isDecisionFirst of [true, false]) {
    const ledger = openLedger(undefined);
    const steps = [() => ledger.takeDecision(choice("d")), () => ledger.takeAnswer(answer)];
    if (!isDecisionFirst) steps.reverse();
    const taken = [];
    for (const step of steps) taken.push(await step());
    assert.deepEqual(
      taken.map(({ madeUnusable }) => madeUnusable),
      [false, true],
      "the one that comes second tells",
    );
    assert.equal((await ledger.takeFeedback(feedback("f", "d"))).fate, "unusable");
    assert.deepEqual(ledger.pairsOf(lesson), []);
    await ledger.close();
  }
});

test("feedback on an answer of the chosen candidate is learned from, whichever comes first", async () => {
  const answer = { tenant: "acme", decisionId: "d", candidate: "small" };
  for (const isDecisionFirst of [true, false]) {
    const ledger = openLedger(undefined);
    const steps = [() => ledger.takeDecision(choice("d")), () => ledger.takeAnswer(answer)];
    if (!isDecisionFirst) steps.reverse();
    for (const step of steps) await step();
    assert.equal((await ledger.takeFeedback(feedback("f", "d"))).fate, "joined");
    await ledger.close();
  }
});

test("another tenant's feedback does not reach a decision", async () => {
  const ledger = openLedger(undefined);
  await ledger.takeDecision(choice("d"));
  assert.equal((await ledger.takeFeedback(feedback("f", "d", { tenant: "other" }))).fate, "waiting");
  assert.deepEqual(ledger.pairsOf(lesson), []);
  await ledger.close();
});

test("feedback on a decision without estimates is unusable, and does not wait", async () => {
  const ledger = openLedger(undefined);
  await ledger.takeDecision({ decisionId: "d", tenant: "acme" });
  assert.equal((await ledger.takeFeedback(feedback("f", "d"))).fate, "unusable");
  assert.equal(ledger.counts().waiting, 0);
  await ledger.close();
});

test("each bundle and candidate has its own window of the newest pairs", async () => {
  const ledger = openLedger(undefined, { maxPairsPerCandidate: 3 });
  for (let i = 0; i < 5; i++) {
    await ledger.takeDecision(choice(`d${i}`, { logit: i }));
    await ledger.takeFeedback(feedback(`f${i}`, `d${i}`));
  }
  await ledger.takeDecision(choice("other", { bundle: "b2", candidate: "large" }));
  await ledger.takeFeedback(feedback("other", "other"));
  const logits = ledger.pairsOf(lesson).map(({ logit }) => logit);
  assert.deepEqual(logits, [2, 3, 4]);
  assert.deepEqual(ledger.candidatesOf("b2"), ["large"]);
  assert.deepEqual(ledger.bundles(), ["b2", "b1"]);
  await ledger.close();
});

test("everything that is kept is bounded: the oldest goes, and what is forgotten is told", async () => {
  const ledger = openLedger(undefined, { maxDecisions: 2, maxWaitingFeedback: 2, maxBundles: 2 });
  for (const id of ["d1", "d2", "d3"]) await ledger.takeDecision(choice(id, { bundle: `of-${id}` }));
  assert.equal((await ledger.takeFeedback(feedback("f1", "d1"))).fate, "waiting");
  assert.equal((await ledger.takeFeedback(feedback("f2", "d2"))).fate, "joined");
  await ledger.takeFeedback(feedback("w1", "unknown"));
  assert.equal((await ledger.takeFeedback(feedback("w2", "unknown"))).forgotten, 1);
  assert.equal(ledger.counts().waiting, 2);
  for (const id of ["d4", "d5"]) {
    await ledger.takeDecision(choice(id, { bundle: `of-${id}` }));
    await ledger.takeFeedback(feedback(id, id));
  }
  assert.deepEqual(ledger.bundles(), ["of-d5", "of-d4"]);
  await ledger.close();
});

test("a second process on the same directory is refused and told what to do", async () => {
  await using directory = await temporaryDirectory();
  const ledger = openLedger(directory.path);
  assert.throws(
    () => openLedger(directory.path),
    /cannot use .*recalibration\.db: another process holds it; stop that one, or use another state directory/,
  );
  await ledger.close();
  await openLedger(directory.path).close();
});

test("a window that is trimmed now and then never shows more than its newest pairs", async () => {
  const ledger = openLedger(undefined, { maxPairsPerCandidate: 3 });
  const taking: Promise<unknown>[] = [];
  for (let i = 0; i < 1_000; i++) {
    taking.push(
      ledger.takeDecision(choice(`d${i}`, { logit: i })),
      ledger.takeFeedback(feedback(`f${i}`, `d${i}`)),
    );
  }
  await Promise.all(taking);
  const logits = ledger.pairsOf(lesson).map(({ logit }) => logit);
  assert.deepEqual(logits, [997, 998, 999]);
  assert.equal(ledger.counts().joined, 1_000);
  await ledger.close();
});
