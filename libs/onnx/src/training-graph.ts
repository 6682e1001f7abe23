import { createGraph, type GraphBuilder, type Value } from "./graph-builder.ts";
import { scalar } from "./tensor.ts";

/** Sizes of the network: features -> hidden GELU units -> two numbers per candidate, and a softmax over topics. */
export interface NetworkShape {
  readonly features: number;
  readonly hidden: number;
  readonly candidates: number;
  /** At least 1; a softmax over one topic learns nothing and moves nothing. */
  readonly topics: number;
}

/** The weights, by name: the trunk, then the quality, output-token and topic heads, one column per candidate or topic. */
export const parameterNames = [
  "trunk",
  "trunkBias",
  "quality",
  "qualityBias",
  "tokens",
  "tokensBias",
  "topics",
  "topicsBias",
] as const;
export type ParameterName = (typeof parameterNames)[number];

export function parameterShape(
  name: ParameterName,
  { features, hidden, candidates, topics }: NetworkShape,
): number[] {
  switch (name) {
    case "trunk":
      return [features, hidden];
    case "trunkBias":
      return [hidden];
    case "quality":
    case "tokens":
      return [hidden, candidates];
    case "qualityBias":
    case "tokensBias":
      return [candidates];
    case "topics":
      return [hidden, topics];
    case "topicsBias":
      return [topics];
    default:
      return name satisfies never;
  }
}

/** AdamW's constants; learning rate and weight decay are inputs of each step. */
export interface Adam {
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
}

export const defaultAdam: Adam = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };

const batch = "batch";

/** The heads' outputs for a batch: `logits` and `logTokens` as they are, and the probabilities `topics`. */
export function forwardGraph(shape: NetworkShape): Uint8Array {
  const g = createGraph("forward");
  const x = g.input("x", "float", [batch, shape.features]);
  const parameters = parameterInputs(g, shape, "");
  const hidden = gelu(g, linear(g, x, parameters.trunk, parameters.trunkBias)).value;
  const logits = linear(g, hidden, parameters.quality, parameters.qualityBias);
  const logTokens = linear(g, hidden, parameters.tokens, parameters.tokensBias);
  g.output("logits", logits, "float", [batch, shape.candidates]);
  g.output("logTokens", logTokens, "float", [batch, shape.candidates]);
  const topics = g.op("Softmax", [linear(g, hidden, parameters.topics, parameters.topicsBias)], { axis: -1 });
  g.output("topicShares", topics, "float", [batch, shape.topics]);
  return g.bytes();
}

/**
 * One training step as an ordinary inference graph: forward, backward and AdamW, weights and moments in and out.
 *
 * Inputs: `x`; `dropout`, the hidden units' mask, already divided by the share kept; `target` in [0, 1] with
 * `weight`, zero where a label is missing; `tokenTarget` with `tokenWeight`; `topicTarget`, a distribution, with one
 * `topicWeight` a row; `rate`, the learning rate over
 * (1 - beta1^t); `secondScale`, 1 / (1 - beta2^t); `keep`, 1 - learning rate * weight decay, the share of a weight (not
 * of a bias) that a step leaves. Weights of a batch sum to what its loss should count.
 * Loss: cross-entropy on soft labels, plus half squared error of the token heads, plus cross-entropy of the topics.
 */
export function trainingGraph(shape: NetworkShape, adam: Adam): Uint8Array {
  const { features, hidden, candidates, topics } = shape;
  const g = createGraph("training-step");
  const x = g.input("x", "float", [batch, features]);
  const dropout = g.input("dropout", "float", [batch, hidden]);
  const target = g.input("target", "float", [batch, candidates]);
  const weight = g.input("weight", "float", [batch, candidates]);
  const tokenTarget = g.input("tokenTarget", "float", [batch, candidates]);
  const tokenWeight = g.input("tokenWeight", "float", [batch, candidates]);
  const topicTarget = g.input("topicTarget", "float", [batch, topics]);
  const topicWeight = g.input("topicWeight", "float", [batch, 1]);
  const rate = g.input("rate", "float", []);
  const secondScale = g.input("secondScale", "float", []);
  const keep = g.input("keep", "float", []);
  const p = parameterInputs(g, shape, "");

  const activated = gelu(g, linear(g, x, p.trunk, p.trunkBias));
  const h = g.op("Mul", [activated.value, dropout]);
  const logits = linear(g, h, p.quality, p.qualityBias);
  const tokenError = g.op("Sub", [linear(g, h, p.tokens, p.tokensBias), tokenTarget]);

  // -log likelihood of a soft label, without overflow: softplus(logit) - target * logit.
  const entropy = g.op("Sub", [g.op("Softplus", [logits]), g.op("Mul", [target, logits])]);
  const qualityLoss = sum(g, g.op("Mul", [entropy, weight]));
  const weightedError = g.op("Mul", [tokenError, tokenWeight]);
  const half = g.constant(scalar(0.5));
  const tokenLoss = g.op("Mul", [sum(g, g.op("Mul", [weightedError, tokenError])), half]);
  const topicLogits = linear(g, h, p.topics, p.topicsBias);
  const surprise = g.op("Mul", [g.op("LogSoftmax", [topicLogits], { axis: -1 }), topicTarget]);
  const topicLoss = g.op("Neg", [sum(g, g.op("Mul", [surprise, topicWeight]))]);
  g.output("loss", g.op("Add", [g.op("Add", [qualityLoss, tokenLoss]), topicLoss]), "float", []);

  const dLogits = g.op("Mul", [g.op("Sub", [g.op("Sigmoid", [logits]), target]), weight]);
  const topicError = g.op("Sub", [g.op("Softmax", [topicLogits], { axis: -1 }), topicTarget]);
  const dTopics = g.op("Mul", [topicError, topicWeight]);
  const fromScores = g.op("Add", [
    g.op("Gemm", [dLogits, p.quality], { transB: 1 }),
    g.op("Gemm", [weightedError, p.tokens], { transB: 1 }),
  ]);
  const dHidden = g.op("Add", [fromScores, g.op("Gemm", [dTopics, p.topics], { transB: 1 })]);
  const dTrunk = g.op("Mul", [g.op("Mul", [dHidden, dropout]), activated.derivative]);
  const gradients: Record<ParameterName, Value> = {
    trunk: g.op("Gemm", [x, dTrunk], { transA: 1 }),
    trunkBias: sumRows(g, dTrunk),
    quality: g.op("Gemm", [h, dLogits], { transA: 1 }),
    qualityBias: sumRows(g, dLogits),
    tokens: g.op("Gemm", [h, weightedError], { transA: 1 }),
    tokensBias: sumRows(g, weightedError),
    topics: g.op("Gemm", [h, dTopics], { transA: 1 }),
    topicsBias: sumRows(g, dTopics),
  };

  const first = parameterInputs(g, shape, "first.");
  const second = parameterInputs(g, shape, "second.");
  for (const name of parameterNames) {
    const isBias = parameterShape(name, shape).length === 1;
    const value = isBias ? p[name] : g.op("Mul", [p[name], keep]);
    const state = { value, first: first[name], second: second[name], gradient: gradients[name] };
    const next = adamStep(g, state, adam, { rate, secondScale });
    g.output(`next.${name}`, next.value, "float", parameterShape(name, shape));
    g.output(`next.first.${name}`, next.first, "float", parameterShape(name, shape));
    g.output(`next.second.${name}`, next.second, "float", parameterShape(name, shape));
  }
  return g.bytes();
}

type Parameters = Record<ParameterName, Value>;

function parameterInputs(g: GraphBuilder, shape: NetworkShape, prefix: string): Parameters {
  return Object.fromEntries(
    parameterNames.map((name) => [name, g.input(prefix + name, "float", parameterShape(name, shape))]),
  ) as Parameters;
}

function linear(g: GraphBuilder, x: Value, weights: Value, bias: Value): Value {
  return g.op("Gemm", [x, weights, bias]);
}

function sum(g: GraphBuilder, value: Value): Value {
  return g.op("ReduceSum", [value], { keepdims: 0 });
}

function sumRows(g: GraphBuilder, value: Value): Value {
  return g.op(
    "ReduceSum",
    [value, g.constant({ type: "int64", shape: [1], data: new BigInt64Array([0n]) })],
    {
      keepdims: 0,
    },
  );
}

/** GELU in its tanh form and its derivative, sharing the tanh. */
function gelu(g: GraphBuilder, x: Value): { value: Value; derivative: Value } {
  const constant = (value: number): Value => g.constant(scalar(value));
  const one = constant(1);
  const half = constant(0.5);
  const root = constant(0.7978845608028654); // sqrt(2 / pi)
  const square = g.op("Mul", [x, x]);
  const inner = g.op("Mul", [x, g.op("Add", [one, g.op("Mul", [square, constant(0.044715)])])]);
  const tanh = g.op("Tanh", [g.op("Mul", [inner, root])]);
  const share = g.op("Mul", [g.op("Add", [tanh, one]), half]);
  const slope = g.op("Add", [root, g.op("Mul", [square, constant(3 * 0.044715 * 0.7978845608028654)])]);
  const bend = g.op("Mul", [g.op("Sub", [one, g.op("Mul", [tanh, tanh])]), slope]);
  return {
    value: g.op("Mul", [x, share]),
    derivative: g.op("Add", [share, g.op("Mul", [g.op("Mul", [x, bend]), half])]),
  };
}

interface AdamState {
  readonly value: Value;
  readonly first: Value;
  readonly second: Value;
}

function adamStep(
  g: GraphBuilder,
  { value, first, second, gradient }: AdamState & { readonly gradient: Value },
  { beta1, beta2, epsilon }: Adam,
  { rate, secondScale }: { readonly rate: Value; readonly secondScale: Value },
): AdamState {
  const mix = (old: Value, fresh: Value, beta: number): Value =>
    g.op("Add", [
      g.op("Mul", [old, g.constant(scalar(beta))]),
      g.op("Mul", [fresh, g.constant(scalar(1 - beta))]),
    ]);
  const nextFirst = mix(first, gradient, beta1);
  const nextSecond = mix(second, g.op("Mul", [gradient, gradient]), beta2);
  const root = g.op("Sqrt", [g.op("Mul", [nextSecond, secondScale])]);
  const direction = g.op("Div", [nextFirst, g.op("Add", [root, g.constant(scalar(epsilon))])]);
  const moved = g.op("Sub", [value, g.op("Mul", [direction, rate])]);
  return { value: moved, first: nextFirst, second: nextSecond };
}
