import assert from "node:assert/strict";
import { test } from "node:test";
import { IprError, status } from "@ipr/errors";
import type { Encoder } from "@ipr/estimator";
import { createEncodeText, type StandInReason } from "./encode-or-stand-in.ts";

const standIn: Encoder = {
  id: "stand-in",
  dimension: 1,
  maxTokens: 1,
  encode: async () => new Float32Array([2]),
};

/** An encoder that does what it is told, and who stood in for it. */
function world(encode: Encoder["encode"], options: { afterMs?: number; maxInFlight?: number } = {}) {
  const reasons: StandInReason[] = [];
  const encodeText = createEncodeText({
    encoder: { id: "main", dimension: 1, maxTokens: 1, encode },
    standIn: { encoder: standIn, afterMs: options.afterMs ?? 30_000 },
    maxInFlight: options.maxInFlight ?? 8,
    onShed: () => {},
    onStandIn: (reason) => reasons.push(reason),
  });
  return { reasons, encode: (text: string) => encodeText(text, new AbortController().signal), encodeText };
}

/** Rejects with the signal's reason, as encoders do. */
const untilAborted: Encoder["encode"] = (_text, { signal } = {}) =>
  new Promise((_, reject) => {
    signal?.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
  });

test("an encoder in time answers itself", async () => {
  const { encode, reasons } = world(async () => new Float32Array([1]));
  assert.deepEqual(await encode("a"), { encoder: "main", vector: new Float32Array([1]) });
  assert.deepEqual(reasons, []);
});

test("the stand-in answers under its own name for an encoder that is late, and frees its place", async () => {
  const { encode, reasons } = world(untilAborted, { afterMs: 1, maxInFlight: 1 });
  for (const text of ["a", "b"]) assert.equal((await encode(text)).encoder, "stand-in");
  assert.deepEqual(reasons, ["late", "late"]);
});

test("the stand-in answers for an encoder that fails", async () => {
  const { encode, reasons } = world(async () => {
    throw new IprError(status.UNAVAILABLE, "NEIGHBOUR_DOWN", "gone");
  });
  assert.equal((await encode("a")).encoder, "stand-in");
  assert.deepEqual(reasons, ["failed"]);
});

test("the stand-in answers what a full encoder would refuse", async () => {
  const { encode, encodeText, reasons } = world(untilAborted, { maxInFlight: 1 });
  const caller = new AbortController();
  const waiting = encodeText("waits", caller.signal);
  assert.equal((await encode("a")).encoder, "stand-in");
  assert.deepEqual(reasons, ["full"]);
  caller.abort(new Error("left"));
  await assert.rejects(waiting, /left/);
});

test("nobody stands in for a caller who has left", async () => {
  const { encodeText, reasons } = world(untilAborted);
  const caller = new AbortController();
  const call = encodeText("a", caller.signal);
  const reason = new Error("left");
  caller.abort(reason);
  await assert.rejects(call, reason);
  assert.deepEqual(reasons, []);
});
