import { createGraph, type GraphBuilder, type Value } from "./graph-builder.ts";
import { identityBackward, identityForward } from "./identity-heads.ts";
import type { Parameters, TrainingInputs } from "./layers.ts";
import { linearBackward, linearForward } from "./linear-heads.ts";
import { type NetworkShape, parametersOf, tellsTopicsApart } from "./network-shape.ts";
import { scalar } from "./tensor.ts";

/** AdamW's constants; learning rate and weight decay are inputs of each step. */
export interface Adam {
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
}

export const defaultAdam: Adam = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };

const batch = "batch";

/** The heads' outputs for a batch: `logits` and `logTokens` as they are, and the probabilities `topicShares`, if any. */
export function forwardGraph(shape: NetworkShape): Uint8Array {
  const g = createGraph("forward");
  const x = g.input("x", "float", [batch, shape.features]);
  const p = parameterInputs(g, shape, "");
  const { logits, logTokens, topicShares } =
    shape.heads === "identity"
      ? { ...identityForward(g, x, p), topicShares: undefined }
      : linearForward(g, x, p, tellsTopicsApart(shape));
  g.output("logits", logits, "float", [batch, shape.candidates]);
  g.output("logTokens", logTokens, "float", [batch, shape.candidates]);
  if (topicShares !== undefined) g.output("topicShares", topicShares, "float", [batch, shape.topics]);
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
  const g = createGraph("training-step");
  const inputs = trainingInputs(g, shape);
  const rate = g.input("rate", "float", []);
  const secondScale = g.input("secondScale", "float", []);
  const keep = g.input("keep", "float", []);
  const p = parameterInputs(g, shape, "");
  const { loss, gradients } =
    shape.heads === "identity"
      ? identityBackward(g, inputs, p, shape.hidden)
      : linearBackward(g, inputs, p, tellsTopicsApart(shape));
  g.output("loss", loss, "float", []);

  const first = parameterInputs(g, shape, "first.");
  const second = parameterInputs(g, shape, "second.");
  for (const [name, dimensions] of parametersOf(shape)) {
    const isBias = dimensions.length === 1;
    const value = isBias ? p[name] : g.op("Mul", [p[name], keep]);
    const state = { value, first: first[name], second: second[name], gradient: gradients[name]! };
    const next = adamStep(g, state, adam, { rate, secondScale });
    g.output(`next.${name}`, next.value, "float", dimensions);
    g.output(`next.first.${name}`, next.first, "float", dimensions);
    g.output(`next.second.${name}`, next.second, "float", dimensions);
  }
  return g.bytes();
}

function trainingInputs(g: GraphBuilder, shape: NetworkShape): TrainingInputs {
  const { features, hidden, candidates, topics } = shape;
  const input = (name: string, columns: number): Value => g.input(name, "float", [batch, columns]);
  const perCandidate = {
    x: input("x", features),
    dropout: input("dropout", hidden),
    target: input("target", candidates),
    weight: input("weight", candidates),
    tokenTarget: input("tokenTarget", candidates),
    tokenWeight: input("tokenWeight", candidates),
  };
  // A network without topics does not read them: a session refuses inputs that its graph has no use for.
  if (!tellsTopicsApart(shape))
    return { ...perCandidate, topicTarget: perCandidate.x, topicWeight: perCandidate.x };
  return { ...perCandidate, topicTarget: input("topicTarget", topics), topicWeight: input("topicWeight", 1) };
}

function parameterInputs(g: GraphBuilder, shape: NetworkShape, prefix: string): Parameters {
  return Object.fromEntries(
    Array.from(parametersOf(shape), ([name, dimensions]) => [
      name,
      g.input(prefix + name, "float", dimensions),
    ]),
  ) as Parameters;
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
