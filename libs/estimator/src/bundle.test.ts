import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { seededRandom } from "@ipr/testing";
import { IprError } from "@ipr/errors";
import { loadBundle } from "./load-bundle.ts";
import { smallBundle, smallCandidate } from "./small-bundle.ts";
import { writeBundle } from "./write-bundle.ts";

test("a bundle comes back as it was written", async () => {
  await using dir = await temporaryDirectory();
  const content = smallBundle(seededRandom(1));
  const bundle = await writeBundle(join(dir.path, "b"), content);
  assert.deepEqual(bundle.trunk, content.trunk);
  assert.deepEqual(bundle.candidates, content.candidates);
  assert.deepEqual(bundle.toleranceTable, content.toleranceTable);
  assert.deepEqual(bundle.trainedOn, content.trainedOn);
  assert.equal(bundle.manifest.encoder.id, content.encoder);
});

test("a candidate without answer lengths or without any head comes back too", async () => {
  await using dir = await temporaryDirectory();
  const content = smallBundle(seededRandom(1));
  const [first] = content.candidates;
  const candidates = [
    { ...first!, name: "no lengths", outputTokens: undefined },
    { ...first!, name: "mean length", adapter: { ...first!.adapter!, tokens: undefined } },
  ];
  const bundle = await writeBundle(join(dir.path, "b"), {
    ...content,
    candidates,
    toleranceTable: "no prices",
  });
  assert.equal(bundle.candidates[0]!.outputTokens, undefined);
  assert.deepEqual(bundle.candidates[0]!.adapter!.quality, first!.adapter!.quality);
  assert.deepEqual(bundle.candidates[1], candidates[1]);
  assert.equal(bundle.toleranceTable, undefined);
});

test("equal content has an equal id whenever it was made", async () => {
  await using dir = await temporaryDirectory();
  const content = smallBundle(seededRandom(1));
  const first = await writeBundle(join(dir.path, "a"), content);
  const later = await writeBundle(join(dir.path, "b"), { ...content, createdAt: "2027-01-01T00:00:00.000Z" });
  const other = await writeBundle(join(dir.path, "c"), smallBundle(seededRandom(2)));
  assert.equal(first.manifest.id, later.manifest.id);
  assert.notEqual(first.manifest.id, other.manifest.id);
});

test("one flipped byte anywhere is refused, naming the bundle and the file", async () => {
  await using dir = await temporaryDirectory();
  const path = join(dir.path, "b");
  await writeBundle(path, smallBundle(seededRandom(1)));
  const random = seededRandom(3);
  for (const file of await filesOf(path)) {
    const intact = await readFile(join(path, file));
    const places =
      file === "manifest.json"
        ? intact.keys()
        : Array.from({ length: 20 }, () => Math.floor(random() * intact.length));
    for (const at of places) {
      const broken = Buffer.from(intact);
      broken[at]! ^= 1 << Math.floor(random() * 8);
      await writeFile(join(path, file), broken);
      await assert.rejects(loadBundle(path), isBadBundle(path, file), `byte ${at} of ${file}`);
    }
    await writeFile(join(path, file), intact);
  }
  await loadBundle(path);
});

test("a missing file is named", async () => {
  await using dir = await temporaryDirectory();
  const path = join(dir.path, "b");
  await writeBundle(path, smallBundle(seededRandom(1)));
  for (const file of await filesOf(path)) {
    const intact = await readFile(join(path, file));
    await rm(join(path, file));
    await assert.rejects(loadBundle(path), isBadBundle(path, file));
    await writeFile(join(path, file), intact);
  }
  await assert.rejects(
    loadBundle(join(dir.path, "nowhere")),
    isBadBundle(join(dir.path, "nowhere"), "manifest.json"),
  );
});

test("an unknown format version is refused, naming both versions", async () => {
  await using dir = await temporaryDirectory();
  const path = join(dir.path, "b");
  await writeBundle(path, smallBundle(seededRandom(1)));
  const manifest = await readFile(join(path, "manifest.json"), "utf8");
  await writeFile(join(path, "manifest.json"), manifest.replace('"formatVersion": 2', '"formatVersion": 99'));
  await assert.rejects(loadBundle(path), /format version 99, this build reads 2/);
});

test("a manifest cannot name files outside its directory", async () => {
  await using dir = await temporaryDirectory();
  const path = join(dir.path, "b");
  await writeBundle(path, smallBundle(seededRandom(1)));
  const manifest = await readFile(join(path, "manifest.json"), "utf8");
  await writeFile(join(path, "manifest.json"), manifest.replaceAll("trunk.f16", "../trunk.f16"));
  await assert.rejects(loadBundle(path), isBadBundle(path, "manifest.json"));
});

test("adding a candidate adds files and leaves every other file as it is", async () => {
  await using dir = await temporaryDirectory();
  const content = smallBundle(seededRandom(1));
  const before = await writeBundle(join(dir.path, "a"), content);
  const added = smallCandidate("new", seededRandom(9), { hasAdapter: true });
  const after = await writeBundle(join(dir.path, "b"), {
    ...content,
    ...before,
    candidates: [...before.candidates, added],
    toleranceTable: before.toleranceTable!,
  });
  for (const [file, description] of Object.entries(before.manifest.files)) {
    assert.deepEqual(after.manifest.files[file], description, file);
  }
  assert.equal(Object.keys(after.manifest.files).length, Object.keys(before.manifest.files).length + 2);
});

test("names that differ only in case or in odd characters have files of their own", async () => {
  await using dir = await temporaryDirectory();
  const names = ["Model", "model", "a/b", "a_b", "a b"];
  const { manifest } = await writeBundle(join(dir.path, "b"), smallBundle(seededRandom(1), names));
  const files = manifest.candidates.map(({ file }) => file.toLowerCase());
  assert.equal(new Set(files).size, names.length);
});

test("writing replaces an older bundle and nothing else", async () => {
  await using dir = await temporaryDirectory();
  const path = join(dir.path, "b");
  await writeBundle(path, smallBundle(seededRandom(1)));
  const newer = await writeBundle(path, smallBundle(seededRandom(2), ["only"]));
  assert.equal((await loadBundle(path)).manifest.id, newer.manifest.id);
  assert.deepEqual(await readdir(dir.path), ["b"], "no temporary directory is left");

  await writeFile(join(dir.path, "notes.txt"), "mine");
  await assert.rejects(writeBundle(dir.path, smallBundle(seededRandom(1))), /not a bundle/);
  assert.equal(await readFile(join(dir.path, "notes.txt"), "utf8"), "mine");
});

async function temporaryDirectory(): Promise<AsyncDisposable & { path: string }> {
  const path = await mkdtemp(join(tmpdir(), "ipr-bundle-"));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

async function filesOf(path: string): Promise<string[]> {
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(path.length + 1));
}

function isBadBundle(bundle: string, file: string): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof IprError, String(error));
    assert.equal(error.reason, "BAD_BUNDLE");
    assert.deepEqual(error.metadata, { bundle, file });
    assert.ok(error.message.includes(bundle) && error.message.includes(file), error.message);
    return true;
  };
}
