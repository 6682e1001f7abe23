import type { GraphBuilder, Value } from "./graph-builder.ts";
import type { ParameterName } from "./network-shape.ts";
import { integers, scalar } from "./tensor.ts";

export type Parameters = Readonly<Record<ParameterName, Value>>;

/** What a network reads and is trained towards; see `trainingGraph`. */
export interface TrainingInputs {
  readonly x: Value;
  readonly dropout: Value;
  readonly target: Value;
  readonly weight: Value;
  readonly tokenTarget: Value;
  readonly tokenWeight: Value;
  readonly topicTarget: Value;
  readonly topicWeight: Value;
}

export interface Backward {
  readonly loss: Value;
  readonly gradients: Readonly<Partial<Record<ParameterName, Value>>>;
}

export function linear(g: GraphBuilder, x: Value, weights: Value, bias: Value): Value {
  return g.op("Gemm", [x, weights, bias]);
}

export function sum(g: GraphBuilder, value: Value): Value {
  return g.op("ReduceSum", [value], { keepdims: 0 });
}

export function sumOver(g: GraphBuilder, value: Value, axis: number): Value {
  return g.op("ReduceSum", [value, g.constant(integers([axis]))], { keepdims: 0 });
}

/** GELU in its tanh form and its derivative, sharing the tanh. */
export function gelu(g: GraphBuilder, x: Value): { value: Value; derivative: Value } {
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

/** The losses of both outputs by candidate, and what they say of the outputs. */
export function labelLoss(
  g: GraphBuilder,
  { logits, logTokens }: { readonly logits: Value; readonly logTokens: Value },
  { target, weight, tokenTarget, tokenWeight }: TrainingInputs,
): { readonly loss: Value; readonly dLogits: Value; readonly dTokens: Value } {
  // -log likelihood of a soft label, without overflow: softplus(logit) - target * logit.
  const entropy = g.op("Sub", [g.op("Softplus", [logits]), g.op("Mul", [target, logits])]);
  const qualityLoss = sum(g, g.op("Mul", [entropy, weight]));
  const tokenError = g.op("Sub", [logTokens, tokenTarget]);
  const dTokens = g.op("Mul", [tokenError, tokenWeight]);
  const half = g.constant(scalar(0.5));
  const tokenLoss = g.op("Mul", [sum(g, g.op("Mul", [dTokens, tokenError])), half]);
  const dLogits = g.op("Mul", [g.op("Sub", [g.op("Sigmoid", [logits]), target]), weight]);
  return { loss: g.op("Add", [qualityLoss, tokenLoss]), dLogits, dTokens };
}
