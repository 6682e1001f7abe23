import assert from "node:assert/strict";
import { access } from "node:fs/promises";
import { connect } from "node:net";
import { test } from "node:test";
import { startNats, temporaryDirectory } from "./index.ts";

function greeting(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("error", reject).once("data", (data) => {
      resolve(data.toString());
      socket.destroy();
    });
  });
}

test("a NATS server speaks, dies when killed, and comes back on its port with its store", async () => {
  await using directory = await temporaryDirectory();
  await using nats = await startNats({ storeDir: directory.path });
  assert.match(await greeting(nats.port), /^INFO .*"jetstream":true/);
  await nats.kill();
  await assert.rejects(greeting(nats.port), { code: "ECONNREFUSED" });
  await nats.restart();
  assert.match(await greeting(nats.port), /^INFO /);
  await access(`${directory.path}/jetstream`);
});
