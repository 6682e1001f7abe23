#!/usr/bin/env node
// Starts the command line on a Node that runs TypeScript as written. `npx` and `npm run` find that Node by themselves
// (npm links the platform package's binary); started any other way, an older Node hands over to it here.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const oldestMajor = 26;
const main = new URL("../src/main.ts", import.meta.url);

if (Number(process.versions.node.split(".")[0]) >= oldestMajor) {
  await import(main.href);
} else {
  handOver(fileURLToPath(new URL("../../../node_modules/.bin/node", import.meta.url)));
}

function handOver(node) {
  if (!existsSync(node)) {
    process.stderr.write(
      `ipr needs Node ${oldestMajor}, this is ${process.version}; run "npm ci" in the repository, which brings one\n`,
    );
    process.exit(1);
  }
  const child = spawn(node, [fileURLToPath(main), ...process.argv.slice(2)], { stdio: "inherit" });
  for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => child.kill(signal));
  child.on("exit", (code, signal) => process.exit(signal ? 1 : (code ?? 1)));
}
