import type { Activation, BertShape, BertWeights, Pooling } from "./bert-graph.ts";

/** A BERT encoder as plain loops over one sequence: the oracle that the ONNX graph is held to. */
export function plainBert(
  shape: BertShape,
  weights: BertWeights,
  ids: readonly number[],
  pooling: Pooling = "mean",
): number[] {
  const activate = activationOf[shape.activation];
  const row = (name: string, index: number): number[] => {
    const { shape: dimensions, data } = weights(name);
    const width = dimensions[1]!;
    return Array.from(data.subarray(index * width, (index + 1) * width));
  };
  const linear = (x: readonly number[], name: string): number[] => {
    const bias = weights(`${name}.bias`).data;
    return Array.from(bias, (value, i) => value + dot(row(`${name}.weight`, i), x));
  };
  const normalise = (x: readonly number[], name: string): number[] => {
    const mean = x.reduce((sum, value) => sum + value, 0) / x.length;
    const variance = x.reduce((sum, value) => sum + (value - mean) ** 2, 0) / x.length;
    const [scale, bias] = [weights(`${name}.weight`).data, weights(`${name}.bias`).data];
    return x.map(
      (value, i) => ((value - mean) / Math.sqrt(variance + shape.layerNormEpsilon)) * scale[i]! + bias[i]!,
    );
  };

  const segment = row("embeddings.token_type_embeddings.weight", 0);
  let states = ids.map((id, position) => {
    const word = row("embeddings.word_embeddings.weight", id);
    const place = row("embeddings.position_embeddings.weight", position);
    return normalise(add(add(word, place), segment), "embeddings.LayerNorm");
  });
  for (let i = 0; i < shape.layers; i++) {
    const name = `encoder.layer.${i}`;
    const project = (part: string): number[][] =>
      states.map((x) => linear(x, `${name}.attention.self.${part}`));
    const mixed = attend(project("query"), project("key"), project("value"), shape.heads);
    states = states.map((x, position) => {
      const attended = linear(mixed[position]!, `${name}.attention.output.dense`);
      const middle = normalise(add(x, attended), `${name}.attention.output.LayerNorm`);
      const wide = linear(middle, `${name}.intermediate.dense`).map(activate);
      return normalise(add(middle, linear(wide, `${name}.output.dense`)), `${name}.output.LayerNorm`);
    });
  }
  if (pooling === "cls") return states[0]!;
  return states[0]!.map((_, i) => states.reduce((sum, x) => sum + x[i]!, 0) / states.length);
}

function attend(queries: number[][], keys: number[][], values: number[][], heads: number): number[][] {
  const size = queries[0]!.length / heads;
  return queries.map((query) =>
    Array.from({ length: heads }, (_, head) => {
      const part = (x: readonly number[]): number[] => x.slice(head * size, (head + 1) * size);
      const scores = keys.map((key) => Math.exp(dot(part(query), part(key)) / Math.sqrt(size)));
      const total = scores.reduce((sum, score) => sum + score, 0);
      return part(values[0]!).map((_, i) =>
        values.reduce((sum, value, at) => sum + (scores[at]! / total) * part(value)[i]!, 0),
      );
    }).flat(),
  );
}

function add(a: readonly number[], b: readonly number[]): number[] {
  return a.map((value, i) => value + b[i]!);
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, i) => sum + value * b[i]!, 0);
}

/** x times the normal distribution function, by the trapezoid rule: no formula shared with the graph. */
function gelu(x: number): number {
  const steps = 400;
  const width = x / steps;
  let area = 0;
  const density = (at: number): number => Math.exp(-(at * at) / 2);
  for (let i = 0; i < steps; i++) area += (width / 2) * (density(i * width) + density((i + 1) * width));
  return x * (0.5 + area / Math.sqrt(2 * Math.PI));
}

/** The usual approximation, by the hyperbolic tangent. */
function tanhGelu(x: number): number {
  return (x / 2) * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)));
}

const activationOf: Readonly<Record<Activation, (x: number) => number>> = {
  gelu,
  gelu_new: tanhGelu,
  gelu_pytorch_tanh: tanhGelu,
  relu: (x) => Math.max(0, x),
};
