import { createLayers, type Linear, type Lookup } from "./bert-layers.ts";
import { createGraph, type GraphBuilder, type Value } from "./graph-builder.ts";
import { quantiseRows, quantiseWeights } from "./quantise.ts";
import { bytes, elementTypeCodes, floats, integers } from "./tensor.ts";

/** What a BERT encoder applies between its two wide layers. */
export const activations = ["gelu", "gelu_new", "gelu_pytorch_tanh", "relu"] as const;
export type Activation = (typeof activations)[number];

/** Sizes of a BERT encoder, as in its `config.json`. */
export interface BertShape {
  readonly layers: number;
  readonly hidden: number;
  readonly heads: number;
  readonly layerNormEpsilon: number;
  readonly activation: Activation;
}

/** A weight of the checkpoint by its Hugging Face name. */
export type BertWeights = (name: string) => {
  readonly shape: readonly number[];
  readonly data: Float32Array;
};

/** `int8`: weights and word table in 8 bits, sums of their products in 32, and everything between them in floats. */
export type Precision = "fp32" | "int8";
/** How token vectors become a sentence's: their mean, or the first one's. */
export type Pooling = "mean" | "cls";

export interface BertGraphOptions {
  readonly precision: Precision;
  readonly pooling: Pooling;
  /** Whether the sentence's vector is scaled to unit length. */
  readonly normalise: boolean;
}

/** The names at the graph's border. */
export const bertPorts = { ids: "input_ids", mask: "attention_mask", output: "sentence_embedding" } as const;

/**
 * A BERT sentence encoder in onnxruntime's fused operators.
 *
 * Inputs, both of whole numbers [batch, tokens]: `input_ids`, and `attention_mask`, 1 for a token and 0 for padding after
 * the last one. Output: `sentence_embedding` [batch, hidden].
 *
 * An int8 graph scales what it multiplies by the largest value in the whole batch, so a vector depends a little on its
 * batch mates; in a batch of one it does not.
 */
export function bertGraph(shape: BertShape, weights: BertWeights, options: BertGraphOptions): Uint8Array {
  const g = createGraph("bert");
  const ids = g.input(bertPorts.ids, "int64", ["batch", "tokens"]);
  const mask = g.input(bertPorts.mask, "int64", ["batch", "tokens"]);
  const { linear, lookup } = options.precision === "int8" ? inBytes(g, weights) : inFloats(g, weights);
  const load = (name: string): Value => g.constant(floats(weights(name).shape, weights(name).data));
  const layers = createLayers(g, shape, linear, load);

  const words = lookup("embeddings.word_embeddings.weight", ids);
  let x = layers.addNormalised(words, places(g, shape, weights, ids), "embeddings.LayerNorm");
  const present = g.op("Cast", [mask], { to: elementTypeCodes.int32 });
  for (let i = 0; i < shape.layers; i++) x = layers.transform(x, present, `encoder.layer.${i}`);

  const pooled = options.pooling === "cls" ? firstToken(g, x) : mean(g, x, mask);
  const vector = options.normalise ? g.op("LpNormalization", [pooled], { axis: -1, p: 2 }) : pooled;
  g.output(bertPorts.output, vector, "float", ["batch", shape.hidden]);
  return g.bytes();
}

interface Operators {
  readonly linear: Linear;
  readonly lookup: Lookup;
}

function inFloats(g: GraphBuilder, weights: BertWeights): Operators {
  return {
    linear(x, names) {
      const { rows, from, to, bias } = stack(weights, names);
      const product = g.op("MatMul", [x, g.constant(floats([from, to], transpose(rows, to)))]);
      return g.op("Add", [product, g.constant(floats([to], bias))]);
    },
    lookup(name, ids) {
      const { shape, data } = weights(name);
      return g.op("Gather", [g.constant(floats(shape, data)), ids], { axis: 0 });
    },
  };
}

function inBytes(g: GraphBuilder, weights: BertWeights): Operators {
  return {
    linear(x, names) {
      const { rows, from, to, bias } = stack(weights, names);
      const { data, scales } = quantiseWeights(rows, to);
      return g.contrib("DynamicQuantizeMatMul", [
        x,
        g.constant(bytes([from, to], data)),
        g.constant(floats([to], scales)),
        undefined,
        g.constant(floats([to], bias)),
      ]);
    },
    lookup(name, ids) {
      const { shape, data: table } = weights(name);
      const [rows = 0, width = 0] = shape;
      const { data, scales } = quantiseRows(table, width);
      const numbers = g.op("Gather", [g.constant(bytes([rows, width], data)), ids], { axis: 0 });
      const scale = g.op("Gather", [g.constant(floats([rows, 1], scales)), ids], { axis: 0 });
      return g.op("Mul", [g.op("Cast", [numbers], { to: elementTypeCodes.float }), scale]);
    },
  };
}

/** Layers that read the same input as one layer: what they give lies side by side. */
function stack(
  weights: BertWeights,
  names: readonly string[],
): { rows: Float32Array; from: number; to: number; bias: Float32Array } {
  const parts = names.map((name) => weights(`${name}.weight`));
  return {
    rows: joined(parts.map(({ data }) => data)),
    from: parts[0]?.shape[1] ?? 0,
    to: parts.reduce((sum, { shape }) => sum + (shape[0] ?? 0), 0),
    bias: joined(names.map((name) => weights(`${name}.bias`).data)),
  };
}

function joined(arrays: readonly Float32Array[]): Float32Array {
  if (arrays.length === 1) return arrays[0]!;
  const result = new Float32Array(arrays.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const array of arrays) {
    result.set(array, at);
    at += array.length;
  }
  return result;
}

function transpose(rows: Float32Array, count: number): Float32Array {
  const width = rows.length / count;
  const result = new Float32Array(rows.length);
  for (let row = 0; row < count; row++) {
    for (let i = 0; i < width; i++) result[i * count + row] = rows[row * width + i]!;
  }
  return result;
}

/** What is added to the words: a row for each place, and the one of the first segment, since a prompt has only one. */
function places(g: GraphBuilder, { hidden }: BertShape, weights: BertWeights, ids: Value): Value {
  const { shape, data } = weights("embeddings.position_embeddings.weight");
  const segment = weights("embeddings.token_type_embeddings.weight").data;
  const table = data.map((value, i) => value + segment[i % hidden]!);
  const tokens = g.op("Shape", [ids], { start: 1, end: 2 });
  const [first, axis] = [g.constant(integers([0])), g.constant(integers([0]))];
  return g.op("Slice", [g.constant(floats(shape, table)), first, tokens, axis]);
}

function firstToken(g: GraphBuilder, x: Value): Value {
  return g.op("Squeeze", [
    g.op("Gather", [x, g.constant(integers([0]))], { axis: 1 }),
    g.constant(integers([1])),
  ]);
}

function mean(g: GraphBuilder, x: Value, mask: Value): Value {
  const weight = g.op("Cast", [mask], { to: elementTypeCodes.float });
  const row = g.op("Unsqueeze", [weight, g.constant(integers([1]))]);
  const total = g.op("Squeeze", [g.op("MatMul", [row, x]), g.constant(integers([1]))]);
  return g.op("Div", [total, g.op("ReduceSum", [weight, g.constant(integers([1]))], { keepdims: 1 })]);
}
