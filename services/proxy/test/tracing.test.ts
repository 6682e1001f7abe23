import assert from "node:assert/strict";
import { AsyncLocalStorage } from "node:async_hooks";
import { after, test } from "node:test";
import {
  type Context,
  context,
  type ContextManager,
  createContextKey,
  propagation,
  ROOT_CONTEXT,
} from "@opentelemetry/api";
import { fakeUpstream } from "@ipr/testing";
import { candidate, startWorld } from "./world.ts";

const storage = new AsyncLocalStorage<Context>();
/** What the SDK brings, made small: contexts follow asynchronous calls, and one header carries them. */
const manager: ContextManager = {
  active: () => storage.getStore() ?? ROOT_CONTEXT,
  with: (active, fn, thisArg, ...args) => storage.run(active, () => fn.call(thisArg as never, ...args)),
  bind: (_context, target) => target,
  enable: () => manager,
  disable: () => manager,
};
const key = createContextKey("traceparent");
context.setGlobalContextManager(manager);
propagation.setGlobalPropagator({
  inject: (from, carrier, setter) => {
    const value = from.getValue(key);
    if (typeof value === "string") setter.set(carrier, "traceparent", value);
  },
  extract: (into, carrier, getter) => into.setValue(key, getter.get(carrier, "traceparent")),
  fields: () => ["traceparent"],
});
after(() => {
  context.disable();
  propagation.disable();
});

test("the caller's trace goes on to the upstream, whole and streamed", async () => {
  await using upstream = await fakeUpstream();
  await using world = await startWorld({ candidates: [candidate("cheap", upstream.baseUrl)] });
  const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  for (const stream of [false, true]) {
    const response = await world.chat({ model: "cheap", stream }, { headers: { traceparent } });
    await response.text();
    assert.equal(upstream.requests.at(-1)!.headers["traceparent"], traceparent);
  }
});
