import { IprError, messageOf } from "@ipr/errors";
import { badEncoder, type OnnxEncoderManifest, readEncoderFile } from "@ipr/estimator";
import { openVerifiedSession, type Session, type TensorData } from "@ipr/onnx";
import type { WorkerStart } from "./messages.ts";
import { padded, scaleToUnitLength, sentenceVectors } from "./sentence-vectors.ts";
import { createTokenIds } from "./token-ids.ts";

/** Encodes a batch of texts into vectors that lie one after the other. */
export type EncodeBatch = (texts: readonly string[]) => Promise<Float32Array>;

/** Encoded at the start: that the graph is what the manifest says shows before anybody waits for it. */
const trialText = "The quick brown fox jumps over the lazy dog.";

/** Loads tokenizer and graph, checked against their digests, and encodes one text. */
export async function loadOnnxModel(start: WorkerStart): Promise<EncodeBatch> {
  const { dir, manifest, provider, intraOpThreads } = start;
  const tokenizer = await readEncoderFile(dir, "tokenizer.json", manifest.files);
  const tokenIds = createTokenIds(tokenizer, {
    kind: manifest.tokenizer,
    maxTokens: manifest.maxTokens,
    dir,
  });
  const model = await readEncoderFile(dir, "model.onnx", manifest.files);
  const encoder = (session: Session): EncodeBatch => {
    checkPorts(dir, manifest, session);
    return (texts) => encodeBatch(texts.map(tokenIds), dir, manifest, session);
  };
  const options = { provider, threads: intraOpThreads };
  try {
    return encoder(await openVerifiedSession(model, options, (session) => encoder(session)([trialText])));
  } catch (error) {
    if (error instanceof IprError) throw error;
    throw badEncoder(dir, "model.onnx", `cannot be run: ${messageOf(error)}`, error);
  }
}

async function encodeBatch(
  rows: readonly (readonly number[])[],
  dir: string,
  manifest: OnnxEncoderManifest,
  session: Session,
): Promise<Float32Array> {
  const { graph, dimension, normalise } = manifest;
  const result = (await session.run(inputsOf(rows, manifest, session)))[graph.output]!;
  const batch = rows.length;
  const tokens = Math.max(...rows.map((row) => row.length));
  const expected = graph.pooling === "inside" ? [batch, dimension] : [batch, tokens, dimension];
  if (!(result.data instanceof Float32Array) || String(result.shape) !== String(expected)) {
    const actual = `[${result.shape.join(", ")}] of ${result.data.constructor.name}`;
    throw badEncoder(
      dir,
      "model.onnx",
      `gives ${graph.output} as ${actual}, but encoder.json wants [${expected.join(", ")}] of 32-bit floats`,
    );
  }
  const lengths = rows.map((row) => row.length);
  const vectors = sentenceVectors(result.data, { batch, tokens, dimension }, lengths, graph.pooling);
  if (normalise) scaleToUnitLength(vectors, dimension);
  return vectors;
}

function inputsOf(
  rows: readonly (readonly number[])[],
  { graph }: OnnxEncoderManifest,
  session: Session,
): Record<string, TensorData> {
  const inputs: Record<string, TensorData> = {
    [graph.ids]: padded(rows, (row, token) => row[token]!, "int64"),
    [graph.mask]: padded(rows, () => 1, graph.maskType),
  };
  if (graph.tokenTypes !== undefined) inputs[graph.tokenTypes] = padded(rows, () => 0, "int64");
  if (graph.positions !== undefined) {
    const places = padded(rows, (_, token) => token, "int64");
    const isShared = session.inputs.get(graph.positions) === 1;
    const longest = rows.toSorted((a, b) => b.length - a.length).slice(0, 1);
    const shared = padded(longest, (_, token) => token, "int64");
    inputs[graph.positions] = isShared ? { shape: shared.shape.slice(1), data: shared.data } : places;
  }
  return inputs;
}

function checkPorts(dir: string, { graph }: OnnxEncoderManifest, { inputs, outputs }: Session): void {
  const named = [graph.ids, graph.mask, graph.positions, graph.tokenTypes].filter(
    (name) => name !== undefined,
  );
  const missing = named.find((name) => !inputs.has(name));
  const unnamed = [...inputs.keys()].find((name) => !named.includes(name));
  if (missing !== undefined)
    throw badEncoder(dir, "model.onnx", `has no input ${missing}; it has ${[...inputs.keys()].join(", ")}`);
  if (unnamed !== undefined)
    throw badEncoder(dir, "model.onnx", `has an input ${unnamed} that encoder.json says nothing of`);
  if (!outputs.includes(graph.output))
    throw badEncoder(dir, "model.onnx", `has no output ${graph.output}; it has ${outputs.join(", ")}`);
}
