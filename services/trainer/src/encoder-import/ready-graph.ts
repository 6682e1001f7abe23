import { readFile } from "node:fs/promises";
import { basename, dirname, extname } from "node:path";
import { messageOf } from "@ipr/errors";
import { encoderFormatVersion, type OnnxEncoderManifest, type WrittenEncoder } from "@ipr/estimator";
import { openSession, type Precision, type Session, type TensorData } from "@ipr/onnx";
import { readCheckpointFile } from "../checkpoint/bert-checkpoint.ts";
import { cosine } from "../checkpoint/cosine.ts";
import { badData } from "../data/bad-data.ts";
import {
  commandOf,
  defaultMaxCharacters,
  defaultMaxTokens,
  referenceOf,
  tokenizerKind,
} from "./checkpoint-forms.ts";
import type { EncoderImportOptions } from "./import-encoder.ts";
import { readSentenceSettings } from "./sentence-settings.ts";

type Graph = OnnxEncoderManifest["graph"];

/** Inputs and outputs by the names that exporters give them, the best first. */
const inputNames = {
  ids: "input_ids",
  mask: "attention_mask",
  tokenTypes: "token_type_ids",
  positions: "position_ids",
} as const;
const outputNames = ["sentence_embedding", "last_hidden_state", "token_embeddings"];

/** Reads a graph made elsewhere: what it takes and gives is found out by running it. */
export async function readyGraph(
  options: EncoderImportOptions,
): Promise<WrittenEncoder<OnnxEncoderManifest>> {
  const { from } = options;
  if (extname(from) !== ".onnx") throw badData(from, 0, "is a file, but not a .onnx one");
  const dir = dirname(from);
  const model = await readFile(from);
  const tokenizer = await readCheckpointFile(dir, "tokenizer.json");
  const settings = await readSentenceSettings(dir, options.pooling);
  await using session = await open(from, model);
  const ports = portsOf(from, session);
  const { maskType, alone } = await firstRun(from, session, ports);
  const rank = alone.shape.length;
  const dimension = alone.shape.at(-1) ?? 0;
  if (rank === 3 && settings.pooling === undefined) {
    throw badData(from, 0, `gives ${ports.output} for each token; state --pooling mean or --pooling cls`);
  }
  if (rank !== 2 && rank !== 3) {
    throw badData(
      from,
      0,
      `gives ${ports.output} with ${rank} axes, not [batch, dimension] or [batch, tokens, dimension]`,
    );
  }
  const maxTokens = options.maxTokens ?? Math.min(defaultMaxTokens, settings.maxTokens ?? defaultMaxTokens);
  const graph: Graph = { ...ports, maskType, pooling: rank === 2 ? "inside" : settings.pooling! };
  await checkLength(from, session, graph, maxTokens);
  return {
    formatVersion: encoderFormatVersion,
    kind: "onnx",
    reference: referenceOf(options.reference, basename(from, ".onnx")),
    dimension,
    maxTokens,
    maxCharacters: defaultMaxCharacters,
    licence: options.licence ?? "not stated",
    origin: options.origin ?? "not stated",
    command: commandOf("GRAPH", { ...options, maxTokens }),
    precision: options.precision ?? (await precisionOf(session, graph, dimension)),
    graph,
    normalise: true,
    prefix: options.prefix ?? "",
    tokenizer: tokenizerKind(tokenizer),
    files: { "model.onnx": model, "tokenizer.json": tokenizer },
  };
}

async function open(file: string, model: Uint8Array): Promise<Session> {
  try {
    return await openSession(model);
  } catch (error) {
    throw badData(file, 0, `cannot be opened: ${messageOf(error)}`, error);
  }
}

function portsOf(file: string, { inputs, outputs }: Session): Omit<Graph, "maskType" | "pooling"> {
  const known = Object.values(inputNames);
  const unknown = [...inputs.keys()].find((name) => !known.some((each) => each === name));
  const missing = [inputNames.ids, inputNames.mask].find((name) => !inputs.has(name));
  if (unknown !== undefined || missing !== undefined) {
    throw badData(
      file,
      0,
      `has the inputs ${[...inputs.keys()].join(", ")}; needed are ${inputNames.ids} and ${inputNames.mask}, ` +
        `and beside them only ${inputNames.tokenTypes} and ${inputNames.positions} are understood`,
    );
  }
  const output =
    outputNames.find((name) => outputs.includes(name)) ?? (outputs.length === 1 ? outputs[0] : undefined);
  if (output === undefined) {
    throw badData(file, 0, `has the outputs ${outputs.join(", ")}, none of them ${outputNames.join(", ")}`);
  }
  return {
    ids: inputNames.ids,
    mask: inputNames.mask,
    output,
    ...(inputs.has(inputNames.tokenTypes) && { tokenTypes: inputNames.tokenTypes }),
    ...(inputs.has(inputNames.positions) && { positions: inputNames.positions }),
  };
}

/** The mask is whole numbers in most graphs and floats in some: the graph itself says which it refuses. */
async function firstRun(
  file: string,
  session: Session,
  ports: Omit<Graph, "maskType" | "pooling">,
): Promise<{ maskType: Graph["maskType"]; alone: TensorData }> {
  const errors: unknown[] = [];
  for (const maskType of ["int64", "float"] as const) {
    try {
      const results = await session.run(inputsOf([[1, 2]], session, { ...ports, maskType }));
      const alone = results[ports.output]!;
      if (alone.data instanceof Float32Array) return { maskType, alone };
      throw badData(file, 0, `gives ${ports.output} as ${alone.data.constructor.name}, not as 32-bit floats`);
    } catch (error) {
      errors.push(error);
    }
  }
  throw badData(file, 0, `cannot be run: ${messageOf(errors[0])}`, errors[0]);
}

/** Nothing in a graph says for how many tokens it has places. */
async function checkLength(file: string, session: Session, graph: Graph, maxTokens: number): Promise<void> {
  try {
    await session.run(inputsOf([Array.from({ length: maxTokens }, () => 1)], session, graph));
  } catch (error) {
    throw badData(
      file,
      0,
      `fails with ${maxTokens} tokens (${messageOf(error)}); state a smaller --max-tokens`,
      error,
    );
  }
}

/** A graph with dynamic 8-bit scales is the one whose vectors depend on their batch mates: it must not be batched. */
async function precisionOf(session: Session, graph: Graph, dimension: number): Promise<Precision> {
  const [text, mate] = [
    [1, 2, 3],
    [3, 2, 1],
  ];
  const first = async (rows: readonly (readonly number[])[]): Promise<Float32Array> => {
    const { data } = (await session.run(inputsOf(rows, session, graph)))[graph.output]!;
    return (data as Float32Array).slice(0, dimension);
  };
  return cosine(await first([text]), await first([text, mate])) > 1 - 1e-7 ? "fp32" : "int8";
}

/** Rows of one length, so that nothing is padded. */
function inputsOf(
  rows: readonly (readonly number[])[],
  session: Session,
  graph: Omit<Graph, "pooling">,
): Record<string, TensorData> {
  const tokens = rows[0]!.length;
  const shape = [rows.length, tokens];
  const whole = (valueOf: (id: number, at: number) => number): TensorData => ({
    shape,
    data: BigInt64Array.from(
      rows.flatMap((row) => row.map(valueOf)),
      BigInt,
    ),
  });
  const inputs: Record<string, TensorData> = {
    [graph.ids]: whole((id) => id),
    [graph.mask]:
      graph.maskType === "int64"
        ? whole(() => 1)
        : { shape, data: new Float32Array(rows.length * tokens).fill(1) },
  };
  if (graph.tokenTypes !== undefined) inputs[graph.tokenTypes] = whole(() => 0);
  if (graph.positions !== undefined) {
    const isShared = session.inputs.get(graph.positions) === 1;
    inputs[graph.positions] = isShared
      ? { shape: [tokens], data: BigInt64Array.from({ length: tokens }, (_, at) => BigInt(at)) }
      : whole((_, at) => at);
  }
  return inputs;
}
