import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { temporaryDirectory } from "@ipr/testing";
import { importEncoder } from "../src/encoder-import/import-encoder.ts";
import { writeTinyCheckpoint } from "./fixtures/tiny-checkpoint.ts";

const commit = "0123456789abcdef0123456789abcdef01234567";

test("a repository of the hub becomes an encoder that names its commit", async () => {
  await using dir = await temporaryDirectory();
  await using hub = await fakeHub(await writeTinyCheckpoint(dir.path), "tiny/encoder/resolve/v1.0");
  const out = join(dir.path, "out");
  const report = await importEncoder({ from: "hf:tiny/encoder@v1.0", out, hub: `${hub.url}/` });
  assert.match(report.id, /^encoder@sha256:/);
  assert.equal(report.download?.commit, commit);
  const weights = report.download.files.find(({ name }) => name === "model.safetensors");
  const sha256 = createHash("sha256")
    .update(await readFile(join(dir.path, "checkpoint/model.safetensors")))
    .digest("hex");
  assert.equal(weights?.sha256, sha256);
  const manifest = JSON.parse(await readFile(join(out, "encoder.json"), "utf8")) as { origin: string };
  assert.equal(manifest.origin, `hf:tiny/encoder@${commit} (weights sha256 ${sha256})`);
});

test("a repository without the files, or too large, is refused by address", async () => {
  await using dir = await temporaryDirectory();
  await using hub = await fakeHub(await writeTinyCheckpoint(dir.path), "tiny/encoder/resolve/main");
  const out = join(dir.path, "out");
  await assert.rejects(
    importEncoder({ from: "hf:tiny/other", out, hub: hub.url }),
    /tiny\/other\/resolve\/main\/config\.json was answered with status 404; config\.json, tokenizer\.json and model/,
  );
  hub.claimedBytes = 5 * 1024 ** 3;
  await assert.rejects(importEncoder({ from: "hf:tiny/encoder", out, hub: hub.url }), {
    reason: "TOO_LARGE",
  });
});

test("a hub that breaks off or is not there is an error that says what else would do", async () => {
  await using dir = await temporaryDirectory();
  const out = join(dir.path, "out");
  const hub = await fakeHub(await writeTinyCheckpoint(dir.path), "tiny/encoder/resolve/main");
  hub.breaksOff = true;
  const from = "hf:tiny/encoder";
  const gone = { reason: "NEIGHBOUR_DOWN", message: /cannot be fetched: .*give a directory/ };
  await assert.rejects(importEncoder({ from, out, hub: hub.url }), gone);
  await hub[Symbol.asyncDispose]();
  await assert.rejects(importEncoder({ from, out, hub: hub.url }), gone);
  await assert.rejects(
    importEncoder({ from: "hf:encoder", out }),
    /hf:encoder is not a repository; write hf:owner/,
  );
  await assert.rejects(importEncoder({ from: "hf:a/b@../../x", out }), /is not a repository/);
});

interface FakeHub extends AsyncDisposable {
  readonly url: string;
  /** Said to be the length of every file, when set. */
  claimedBytes: number | undefined;
  breaksOff: boolean;
}

/** Serves the files of a directory below `/<base>/`. */
async function fakeHub(dir: string, base: string): Promise<FakeHub> {
  const server = createServer((request, response) => {
    const path = (request.url ?? "").slice(1);
    const file = path.startsWith(`${base}/`) ? path.slice(base.length + 1) : "absent";
    readFile(join(dir, file)).then(
      (content) => {
        response.writeHead(200, {
          "x-repo-commit": commit,
          "content-length": hub.claimedBytes ?? content.length,
        });
        if (!hub.breaksOff) return response.end(content);
        return response.write(content.subarray(0, 5), () => response.destroy());
      },
      () => response.writeHead(404).end(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const hub: FakeHub = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    claimedBytes: undefined,
    breaksOff: false,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return hub;
}
