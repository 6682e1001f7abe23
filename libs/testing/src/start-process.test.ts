import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { startProcess, temporaryDirectory } from "./index.ts";

async function script(source: string): Promise<{ file: string } & AsyncDisposable> {
  const directory = await temporaryDirectory();
  const file = join(directory.path, "script.mjs");
  await writeFile(file, source);
  return { file, [Symbol.asyncDispose]: () => directory[Symbol.asyncDispose]() };
}

test("a process is ready when it says so, with what it said, and ends on SIGTERM", async () => {
  await using program = await script(`
    process.on("SIGTERM", () => process.exit(7));
    console.log("listening on 127.0.0.1:" + process.env.PORT_FOR_TEST);
    setInterval(() => {}, 1000);`);
  await using running = await startProcess(program.file, [], {
    env: { PORT_FOR_TEST: "4242" },
    readyPattern: /listening on \S+:(\d+)/,
  });
  assert.equal(running.ready[1], "4242");
  assert.deepEqual(await running.stop(), { code: 7, signal: null });
});

test("a process that ends before it is ready fails with what it printed", async () => {
  await using program = await script(`console.error("no such bundle"); process.exitCode = 1;`);
  await assert.rejects(
    startProcess(program.file, [], { readyPattern: /ready/ }),
    /ended \(1\)[\s\S]*no such bundle/,
  );
});

test("settings of the machine that runs the tests do not reach the process", async () => {
  process.env["IPR_STRAY"] = "1";
  await using program = await script(`console.log("stray is " + process.env.IPR_STRAY);`);
  const running = await startProcess(program.file, [], { readyPattern: /stray is (\w+)/ });
  assert.equal(running.ready[1], "undefined");
  assert.deepEqual(await running.exited, { code: 0, signal: null });
});
