import assert from "node:assert/strict";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { createPredictor, type Encoder, loadBundle, loadEncoder, writeBundle } from "@ipr/estimator";
import { seededRandom, temporaryDirectory, type TemporaryDirectory } from "@ipr/testing";
import { addModel, type AddModelOptions, type AddModelReport, train } from "../src/index.ts";
import { foldsOf } from "../src/evaluate/fold-bundle.ts";
import { foldOf } from "../src/train/rows.ts";
import { writeTinyData, writeTinyEncoder } from "../src/train/tiny-world.ts";

const fast = { hidden: 16, maxEpochs: 20, learningRate: 5e-3, batchRows: 64 };

let dir: TemporaryDirectory;
let encoder: Encoder;
let labels: string;
let report: AddModelReport;

before(async () => {
  dir = await temporaryDirectory();
  const encoderDir = await writeTinyEncoder(dir.path);
  encoder = await loadEncoder(encoderDir);
  const data = await writeTinyData(dir.path, 800);
  await train({
    data: [data],
    encoder: encoderDir,
    out: join(dir.path, "base"),
    folds: 3,
    hyperparameters: fast,
  });
  labels = await writeNewLabels("new.jsonl", 400);
  report = await addModel(options("added"));
});
after(() => dir[Symbol.asyncDispose]());

test("the new candidate learns what the prompt says about its quality and its answers' length", async () => {
  const hard = await predict("prove theorem please", "added");
  const easy = await predict("add numbers please", "added");
  // It is good at what "weak" is bad at: what the others say must be turned round.
  assert.ok(
    hard.get("new")!.quality > 0.7 && easy.get("new")!.quality < 0.3,
    JSON.stringify([...hard, ...easy]),
  );
  assert.ok(hard.get("new")!.outputTokens! > 2 * easy.get("new")!.outputTokens!);
  assert.ok(report.test!.r2 > 0.2 && report.test!.auc > 0.7, JSON.stringify(report.test));
  assert.ok(report.isRoutable && report.labels > 250 && report.labels < 400);
});

test("every other candidate's files and estimates are the same bit for bit", async () => {
  const [before_, after_] = [await filesOf("base"), await filesOf("added")];
  const known = new Set(["manifest.json", "trained-on.bin"]);
  for (const [path, bytes] of before_) {
    if (!known.has(path)) assert.deepEqual(after_.get(path), bytes, path);
  }
  const fresh = [...after_.keys()].filter((path) => !before_.has(path));
  assert.deepEqual(fresh.map((path) => path.replace(/-[0-9a-f]{8}/, "")).toSorted(), [
    "candidates/new.f16",
    "candidates/new.json",
  ]);
  for (const prompt of ["prove theorem please", "add numbers now", "deep"]) {
    const [base, added] = [await predict(prompt, "base"), await predict(prompt, "added")];
    for (const [name, estimate] of base) assert.deepEqual(added.get(name), estimate);
    assert.deepEqual([...added.keys()], [...base.keys(), "new"]);
  }
  assert.notEqual(report.bundle, report.base);
});

test("equal bundle, labels and seed give the same bundle", async () => {
  assert.equal((await addModel(options("again"))).bundle, report.bundle);
});

test("the rows of split test are never fitted on", async () => {
  const text = await readFile(labels, "utf8");
  const turned = text.split("\n").map((line) => {
    const row = JSON.parse(line) as { scores: Record<string, number>; split: string };
    return JSON.stringify(row.split === "test" ? { ...row, scores: { new: 1 - row.scores["new"]! } } : row);
  });
  const path = join(dir.path, "turned.jsonl");
  await writeFile(path, turned.join("\n"));
  const other = await addModel({ ...options("turned"), data: [path] });
  assert.deepEqual(await predict("prove theorem", "turned"), await predict("prove theorem", "added"));
  assert.ok(other.test!.r2 < 0);
});

test("fewer than 100 labels give a mean that no router chooses by", async () => {
  const few = await addModel({ ...options("few"), data: [await writeNewLabels("few.jsonl", 60)] });
  assert.equal(few.isRoutable, false);
  assert.ok(few.intervalWidth > 2 * report.intervalWidth);
  const [hard, easy] = [await predict("prove theorem", "few"), await predict("add numbers", "few")];
  assert.equal(hard.get("new")!.quality, easy.get("new")!.quality);
  assert.equal(hard.get("new")!.tooFewLabels, true);
});

test("a candidate that is there is fitted anew only where that is asked for", async () => {
  const again = { ...options("replaced"), bundle: join(dir.path, "added") };
  await assert.rejects(addModel(again), /new is already in bundle .*; give --replace/);
  const replaced = await addModel({ ...again, replace: true, seed: 8 });
  const { candidates } = await loadBundle(again.out);
  assert.equal(candidates.filter(({ name }) => name === "new").length, 1);
  assert.notEqual(replaced.bundle, report.bundle);
  await assert.rejects(addModel({ ...options("x"), replace: true }), /new is not in bundle .*, which has /);
});

test("a name without labels is refused with the names there are", async () => {
  await assert.rejects(
    addModel({ ...options("x"), model: "nwe" }),
    /nwe has no label in the data, which has new/,
  );
});

test("another encoder is refused", async () => {
  const other = { ...encoder, id: "other@sha256:00" };
  await assert.rejects(addModel({ ...options("x"), encoder: other }), { reason: "WRONG_ENCODER" });
});

test("a bundle whose heads are not linear is refused", async () => {
  const { manifest, ...base } = await loadBundle(join(dir.path, "base"));
  const width = 3 * 16;
  const out = join(dir.path, "ipr");
  await writeBundle(out, {
    ...manifest,
    ...base,
    encoder: manifest.encoder.id,
    toleranceTable: "none",
    candidates: base.candidates.map((candidate) => {
      const { adapter } = candidate;
      if (adapter?.kind !== "linear") return candidate;
      return { ...candidate, adapter: { ...adapter, kind: "identity", shift: new Float32Array(width) } };
    }),
  });
  await assert.rejects(
    addModel({ ...options("x"), bundle: out }),
    /--head ipr; a candidate can only be added to/,
  );
});

test("a bundle that looks up neighbours is refused", async () => {
  const data = await writeTinyData(dir.path, 200, "few-rows.jsonl");
  const out = join(dir.path, "knn");
  await train({ data: [data], encoder: join(dir.path, "encoder"), out, head: "knn" });
  await assert.rejects(addModel({ ...options("x"), bundle: out }), {
    reason: "BAD_BUNDLE",
    message: /--head knn; a candidate can only be added to one of --head mlp or ridge/,
  });
});

test("each fold of a new candidate leaves the labels of its rows out", async () => {
  const lines = (await readFile(labels, "utf8")).split("\n");
  const { training } = (await loadBundle(join(dir.path, "base"))).manifest;
  const drawn = { seed: training["seed"] as number, folds: 3 };
  const turned = lines.map((line) => {
    const row = JSON.parse(line) as { prompt: string; scores: Record<string, number> };
    const isFirst = foldOf(row.prompt, drawn) === 0;
    return JSON.stringify(isFirst ? { ...row, scores: { new: 1 - row.scores["new"]! } } : row);
  });
  const path = join(dir.path, "first-turned.jsonl");
  await writeFile(path, turned.join("\n"));
  await addModel({ ...options("first-turned"), data: [path] });
  const saidBy = async (bundle: string, fold: number): Promise<boolean> => {
    const folds = foldsOf(await loadBundle(join(dir.path, bundle)))!;
    const predictor = createPredictor(folds.estimators[fold]!);
    const quality = async (text: string): Promise<number> => {
      const embedding = await encoder.encode(text);
      return predictor.predict({ text, embedding, candidates: ["new"] })[0]!.quality;
    };
    return (await quality("prove theorem please")) > (await quality("add numbers please")) + 0.3;
  };
  // With a third of the labels turned the others are hardly able to tell; the first is as it was.
  assert.ok((await saidBy("added", 0)) && (await saidBy("first-turned", 0)));
  assert.ok((await saidBy("added", 1)) && !(await saidBy("first-turned", 1)));
});

test("an added candidate has the means over topics that the others have", async () => {
  const { manifest, ...base } = await loadBundle(join(dir.path, "base"));
  const folds = 3;
  const names = ["tiny/easy", "tiny/hard"];
  // A mix by hand: topics that the prompt does not tell, so that the means are all that shows.
  const topics = { names, weight: 0.5, heads: new Float32Array(folds * names.length * (16 + 1)) };
  const candidates = base.candidates.map((candidate) => {
    return candidate.adapter === undefined
      ? candidate
      : { ...candidate, topicMeans: new Float32Array(6).fill(0.5) };
  });
  await writeBundle(join(dir.path, "mixing"), {
    ...manifest,
    ...base,
    encoder: manifest.encoder.id,
    toleranceTable: "none",
    topics,
    candidates,
  });
  // Labels that do not depend on the prompt: the mix cannot make estimates worse.
  const random = seededRandom(4);
  const flat = (await readFile(labels, "utf8")).split("\n").map((line) => {
    return JSON.stringify({ ...(JSON.parse(line) as object), scores: { new: Number(random() < 0.8) } });
  });
  const path = join(dir.path, "flat.jsonl");
  await writeFile(path, flat.join("\n"));
  await addModel({ ...options("mixed"), bundle: join(dir.path, "mixing"), data: [path] });
  const added = (await loadBundle(join(dir.path, "mixed"))).candidates.find(({ name }) => name === "new");
  assert.equal(added?.topicMeans?.length, 6);
  assert.ok(
    added.topicMeans.every((mean) => mean > 0.7 && mean < 0.9),
    added.topicMeans.join(" "),
  );
});

function options(out: string): AddModelOptions {
  return {
    bundle: join(dir.path, "base"),
    model: "new",
    data: [labels],
    out: join(dir.path, out),
    encoder,
    createdAt: new Date("2026-01-02T03:04:05Z"),
  };
}

/** Labels of "new", good at hard prompts only and with long answers there, on prompts the bundle has not seen. */
async function writeNewLabels(name: string, rows: number): Promise<string> {
  const random = seededRandom(21);
  const lines = Array.from({ length: rows }, (_, i) => {
    const isHard = random() < 0.5;
    const score = Number(random() < (isHard ? 0.9 : 0.1));
    const tokens = (isHard ? 900 : 90) * (0.8 + 0.4 * random());
    const prompt = `${isHard ? "prove theorem" : "add numbers"} small ${i} ${i}`;
    const split = i % 4 === 0 ? "test" : "train";
    return JSON.stringify({
      id: `new-${i}`,
      prompt,
      split,
      scores: { new: score },
      output_tokens: { new: tokens },
    });
  });
  const path = join(dir.path, name);
  await writeFile(path, lines.join("\n"));
  return path;
}

async function predict(text: string, bundle: string) {
  const predictor = createPredictor(await loadBundle(join(dir.path, bundle)));
  const estimates = predictor.predict({ text, embedding: await encoder.encode(text) });
  return new Map(estimates.map((estimate) => [estimate.candidate, estimate]));
}

async function filesOf(bundle: string): Promise<Map<string, string>> {
  const root = join(dir.path, bundle);
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name));
  const contents = files.toSorted().map(async (file) => {
    return [file.slice(root.length + 1), (await readFile(file)).toString("base64")] as const;
  });
  return new Map(await Promise.all(contents));
}
