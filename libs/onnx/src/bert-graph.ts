import { createGraph, type GraphBuilder, type Value } from "./graph-builder.ts";
import { floats, integers, scalar } from "./tensor.ts";

/** Sizes of a BERT encoder, as in its `config.json`. */
export interface BertShape {
  readonly layers: number;
  readonly hidden: number;
  readonly heads: number;
  readonly layerNormEpsilon: number;
}

/** A weight of the checkpoint by its Hugging Face name. */
export type BertWeights = (name: string) => {
  readonly shape: readonly number[];
  readonly data: Float32Array;
};

/**
 * A BERT encoder with mean pooling, in 32-bit floats and plain ONNX operators.
 *
 * Inputs: `ids` [batch, tokens]; `positions` [tokens], 0, 1, 2 ...; `mask` [batch, tokens], 1 for a token and 0 for
 * padding. Output: `pooled` [batch, hidden], the mean over the tokens, not scaled to unit length.
 */
export function bertGraph(shape: BertShape, weights: BertWeights): Uint8Array {
  const g = createGraph("bert");
  const ids = g.input("ids", "int64", ["batch", "tokens"]);
  const positions = g.input("positions", "int64", ["tokens"]);
  const mask = g.input("mask", "float", ["batch", "tokens"]);
  const load = (name: string): Value => {
    const { shape: dimensions, data } = weights(name);
    return g.constant(floats(dimensions, data));
  };
  const layer = createLayer(g, shape, load);

  // Every prompt is one segment, so the second axis of the segment table never matters: add its first row.
  const firstRow = g.constant(integers([0]));
  const segment = g.op("Gather", [load("embeddings.token_type_embeddings.weight"), firstRow], { axis: 0 });
  const words = g.op("Gather", [load("embeddings.word_embeddings.weight"), ids], { axis: 0 });
  const places = g.op("Gather", [load("embeddings.position_embeddings.weight"), positions], { axis: 0 });
  let x = layer.normalise(g.op("Add", [g.op("Add", [words, places]), segment]), "embeddings.LayerNorm");

  // Padding gets a score so low that its share of attention is zero.
  const absent = g.op("Mul", [g.op("Sub", [mask, g.constant(scalar(1))]), g.constant(scalar(1e9))]);
  const bias = g.op("Unsqueeze", [absent, g.constant(integers([1, 2]))]);
  for (let i = 0; i < shape.layers; i++) x = layer.transform(x, bias, `encoder.layer.${i}`);

  const weight = g.op("Unsqueeze", [mask, g.constant(integers([2]))]);
  const tokenAxis = g.constant(integers([1]));
  const total = g.op("ReduceSum", [g.op("Mul", [x, weight]), tokenAxis], { keepdims: 0 });
  const count = g.op("ReduceSum", [weight, tokenAxis], { keepdims: 0 });
  g.output("pooled", g.op("Div", [total, count]), "float", ["batch", shape.hidden]);
  return g.bytes();
}

interface Layer {
  normalise(x: Value, name: string): Value;
  transform(x: Value, attentionBias: Value, name: string): Value;
}

function createLayer(
  g: GraphBuilder,
  { hidden, heads, layerNormEpsilon }: BertShape,
  load: (name: string) => Value,
): Layer {
  const headSize = hidden / heads;
  const splitShape = g.constant(integers([0, 0, heads, headSize]));
  const joinShape = g.constant(integers([0, 0, hidden]));
  const scale = g.constant(scalar(1 / Math.sqrt(headSize)));

  const linear = (x: Value, name: string): Value => {
    const weight = g.op("Transpose", [load(`${name}.weight`)], { perm: [1, 0] });
    return g.op("Add", [g.op("MatMul", [x, weight]), load(`${name}.bias`)]);
  };
  const splitHeads = (x: Value, perm: readonly number[]): Value =>
    g.op("Transpose", [g.op("Reshape", [x, splitShape])], { perm });
  const normalise: Layer["normalise"] = (x, name) =>
    g.op(
      "LayerNormalization",
      [x, load(`${name}.weight`), load(`${name}.bias`)],
      { axis: -1 },
      { epsilon: layerNormEpsilon },
    );

  return {
    normalise,
    transform(x, attentionBias, name) {
      const query = splitHeads(linear(x, `${name}.attention.self.query`), [0, 2, 1, 3]);
      const key = splitHeads(linear(x, `${name}.attention.self.key`), [0, 2, 3, 1]);
      const value = splitHeads(linear(x, `${name}.attention.self.value`), [0, 2, 1, 3]);
      const scores = g.op("Add", [g.op("Mul", [g.op("MatMul", [query, key]), scale]), attentionBias]);
      const mixed = g.op("MatMul", [g.op("Softmax", [scores], { axis: -1 }), value]);
      const joined = g.op("Reshape", [g.op("Transpose", [mixed], { perm: [0, 2, 1, 3] }), joinShape]);
      const attended = linear(joined, `${name}.attention.output.dense`);
      const middle = normalise(g.op("Add", [x, attended]), `${name}.attention.output.LayerNorm`);
      const wide = g.op("Gelu", [linear(middle, `${name}.intermediate.dense`)]);
      const narrow = linear(wide, `${name}.output.dense`);
      return normalise(g.op("Add", [middle, narrow]), `${name}.output.LayerNorm`);
    },
  };
}
