import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { bertGraph, bertPorts, type BertShape } from "./bert-graph.ts";
import { checkWhoRan, openVerifiedSession, readProfile } from "./execution-provider.ts";
import { openSession, type Session } from "./session.ts";
import { tinyBertWeights } from "./tiny-bert.ts";

const shape: BertShape = { layers: 1, hidden: 8, heads: 2, layerNormEpsilon: 1e-12, activation: "gelu" };
const weights = tinyBertWeights(shape, { vocabulary: 8, positions: 8, intermediate: 16 });
const model = bertGraph(shape, weights, { precision: "fp32", pooling: "mean", normalise: true });

const ids = { shape: [1, 2], data: BigInt64Array.of(3n, 4n) };
const mask = { shape: [1, 2], data: BigInt64Array.of(1n, 1n) };
const run = (session: Session) => session.run({ [bertPorts.ids]: ids, [bertPorts.mask]: mask });

/** What a real profile of the graph on the CPU says. */
async function profileOnCpu() {
  const dir = await mkdtemp(join(tmpdir(), "ipr-test-"));
  try {
    await using session = await openSession(model, { profilePrefix: join(dir, "run") });
    await run(session);
    session.endProfiling();
    const [file] = await readdir(dir);
    return readProfile(await readFile(join(dir, file!), "utf8"));
  } finally {
    await rm(dir, { recursive: true });
  }
}

test("a profile tells who ran the matrix products", async () => {
  const ran = await profileOnCpu();
  assert.ok(ran.some(({ operator }) => operator.includes("MatMul")));
  assert.deepEqual([...new Set(ran.map(({ provider }) => provider))], ["CPUExecutionProvider"]);
});

test("a graph that ran on the CPU is a fall back when something else was asked for", async () => {
  const ran = await profileOnCpu();
  for (const provider of ["cuda", "tensorrt"] as const) {
    assert.throws(() => checkWhoRan(provider, ran), {
      reason: "BAD_CONFIG",
      message: /matrix products ran on CPUExecutionProvider/,
    });
  }
});

test("small operators on the CPU are no fall back", () => {
  const small = { operator: "Reshape", provider: "CPUExecutionProvider" };
  checkWhoRan("cuda", [{ operator: "MatMul", provider: "CUDAExecutionProvider" }, small]);
  checkWhoRan("tensorrt", [{ operator: "TRTKernel_0", provider: "TensorrtExecutionProvider" }, small]);
  assert.throws(() => checkWhoRan("cuda", [small]), /it ran no operator of this graph/);
});

test("the CPU is always there; a provider without its libraries is refused with what to do", async () => {
  await using session = await openVerifiedSession(model, { provider: "cpu", threads: 1 }, run);
  assert.deepEqual([...session.inputs.keys()].toSorted(), [bertPorts.mask, bertPorts.ids]);
  await assert.rejects(openVerifiedSession(model, { provider: "cuda", threads: 1 }, run), {
    reason: "BAD_CONFIG",
    message: /execution provider cuda does not run here: .*Set the provider to cpu/,
  });
});
