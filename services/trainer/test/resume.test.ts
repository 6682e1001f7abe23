import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { appendFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { temporaryDirectory, waitFor } from "@ipr/testing";
import { train, type TrainOptions } from "../src/index.ts";
import { writeTinyData, writeTinyEncoder } from "../src/train/tiny-world.ts";

/** Networks that learn a little and take a moment: long enough to be killed in between. */
const hyperparameters = { hidden: 16, maxEpochs: 12, patience: 12, batchRows: 32 };

test("a run that was killed while folds are trained redoes what is missing, and gives the same bundle", async () => {
  await using world = await tinyWorld();
  const whole = await train(world.options("whole"));
  assert.deepEqual(whole.resumed, { prompts: false, folds: [] });

  const options = world.options("killed");
  const script = fileURLToPath(new URL("fixtures/train-process.ts", import.meta.url));
  const child = spawn(process.execPath, [script, JSON.stringify(options)], { stdio: "inherit" });
  const exited = once(child, "exit");
  await waitFor(async () => (await parts(options.out)).some((name) => name.startsWith("fold-")), {
    what: "the first fold to be finished",
  });
  child.kill("SIGKILL");
  assert.deepEqual(await exited, [null, "SIGKILL"]);
  assert.deepEqual(await readdir(options.out).catch(() => "no bundle"), "no bundle");

  const kept = (await parts(options.out)).filter((name) => name.startsWith("fold-")).length;
  assert.ok(kept >= 1 && kept < 4, `${kept} folds were finished`);
  const stages: string[] = [];
  const resumed = await train(options, ({ stage }) => stages.push(stage));
  assert.equal(resumed.resumed.prompts, true);
  assert.equal(resumed.resumed.folds.length, kept);
  assert.ok(!stages.includes("read prompts"), "prompts are not read again");
  assert.equal(resumed.bundle, whole.bundle);
  assert.deepEqual(await parts(options.out), [], "the work is removed with the bundle in place");
});

test("another seed, other data or other options never take what was kept of others", async () => {
  await using world = await tinyWorld();
  const options = { ...world.options("bundle"), keepWork: true };
  const first = await train(options);
  const again = await train(options);
  assert.deepEqual(again.resumed, { prompts: true, folds: [0, 1, 2, 3] });
  assert.equal(again.bundle, first.bundle);

  const slower = await train({ ...options, hyperparameters: { ...hyperparameters, learningRate: 1e-4 } });
  assert.deepEqual(slower.resumed, { prompts: true, folds: [] });
  const otherSeed = await train({ ...options, seed: 8 });
  assert.deepEqual(otherSeed.resumed, { prompts: false, folds: [] });
  const row = {
    id: "one-more",
    source: "tiny/easy",
    prompt: "add numbers please",
    scores: { strong: 1 },
    split: "train",
  };
  await appendFile(options.data[0]!, `\n${JSON.stringify(row)}`);
  const otherData = await train(options);
  assert.deepEqual(otherData.resumed, { prompts: false, folds: [] });
  assert.equal(new Set([first, slower, otherSeed, otherData].map(({ bundle }) => bundle)).size, 4);
});

async function tinyWorld(): Promise<{ options(out: string): TrainOptions } & AsyncDisposable> {
  const dir = await temporaryDirectory();
  const encoder = await writeTinyEncoder(dir.path);
  const data = await writeTinyData(dir.path, 600);
  return {
    options: (out) => ({
      data: [data],
      encoder,
      out: join(dir.path, out),
      seed: 7,
      folds: 4,
      hyperparameters,
    }),
    [Symbol.asyncDispose]: () => dir[Symbol.asyncDispose](),
  };
}

async function parts(out: string): Promise<readonly string[]> {
  const names = await readdir(`${out}.work`).catch((): string[] => []);
  return names.filter((name) => name.endsWith(".part"));
}
