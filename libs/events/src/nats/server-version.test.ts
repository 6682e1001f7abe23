import assert from "node:assert/strict";
import { test } from "node:test";
import type { NatsConnection } from "@nats-io/transport-node";
import { checkServerVersion } from "./server-version.ts";

const server = (version: string, jetstream = true) =>
  ({ info: { version, jetstream }, getServer: () => "nats:4222" }) as unknown as NatsConnection;

test("a server that would ignore our options is refused, and says which version is needed", () => {
  assert.throws(() => checkServerVersion(server("2.9.25")), {
    reason: "BAD_CONFIG",
    message: "NATS at nats:4222 is 2.9.25, but must be at least 2.10",
  });
  checkServerVersion(server("2.10.0"));
  checkServerVersion(server("3.0.0-RC.1"));
});

test("a server without JetStream is refused and says how to turn it on", () => {
  assert.throws(() => checkServerVersion(server("2.15.1", false)), /JetStream off: start it with -js/);
});
