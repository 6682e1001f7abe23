import assert from "node:assert/strict";
import { test } from "node:test";
import { routeCommand } from "./route.ts";

test("files of one's own are refused with --target, which has its own", async () => {
  const command = routeCommand({})
    .exitOverride()
    .configureOutput({ writeErr: () => {} });
  const args = ["Why?", "--target", "127.0.0.1:1", "--bundle", "mine"];
  await assert.rejects(
    command.parseAsync(args, { from: "user" }),
    /'--target <host:port>' cannot be used with option '--bundle <directory>'/,
  );
});
