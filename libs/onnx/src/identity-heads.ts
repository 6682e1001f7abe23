import type { GraphBuilder, Value } from "./graph-builder.ts";
import {
  type Backward,
  gelu,
  labelLoss,
  linear,
  type Parameters,
  sumOver,
  type TrainingInputs,
} from "./layers.ts";
import { integers } from "./tensor.ts";

/** Rows: prompts; then candidates; then hidden units. */
const [promptAxis, candidateAxis, unitAxis] = [0, 1, 2];

export function identityForward(
  g: GraphBuilder,
  x: Value,
  p: Parameters,
): { readonly logits: Value; readonly logTokens: Value } {
  const hidden = gelu(g, meet(g, x, p)).value;
  return {
    logits: head(g, hidden, p.quality, p.qualityBias),
    logTokens: head(g, hidden, p.tokens, p.tokensBias),
  };
}

export function identityBackward(
  g: GraphBuilder,
  inputs: TrainingInputs,
  p: Parameters,
  hidden: number,
): Backward {
  const activated = gelu(g, meet(g, inputs.x, p));
  const dropout = unsqueeze(g, inputs.dropout, candidateAxis);
  const h = g.op("Mul", [activated.value, dropout]);
  const outputs = {
    logits: head(g, h, p.quality, p.qualityBias),
    logTokens: head(g, h, p.tokens, p.tokensBias),
  };
  const { loss, dLogits, dTokens } = labelLoss(g, outputs, inputs);
  const back = (d: Value, weights: Value): Value =>
    g.op("Mul", [unsqueeze(g, d, unitAxis), g.op("Transpose", [weights])]);
  const dHidden = g.op("Add", [back(dLogits, p.quality), back(dTokens, p.tokens)]);
  const dMeeting = g.op("Mul", [g.op("Mul", [dHidden, dropout]), activated.derivative]);
  const dTrunk = sumOver(g, dMeeting, candidateAxis);
  const dShift = sumOver(g, dMeeting, promptAxis);
  const flat = reshape(g, h, [-1, hidden]);
  const headGradient = (d: Value): Value => g.op("Gemm", [flat, reshape(g, d, [-1, 1])], { transA: 1 });
  const biasGradient = (d: Value): Value => sumOver(g, reshape(g, d, [-1, 1]), 0);
  return {
    loss,
    gradients: {
      trunk: g.op("Gemm", [inputs.x, dTrunk], { transA: 1 }),
      trunkBias: sumOver(g, dTrunk, 0),
      identities: g.op("Gemm", [dShift, p.identityTrunk], { transB: 1 }),
      identityTrunk: g.op("Gemm", [p.identities, dShift], { transA: 1 }),
      quality: headGradient(dLogits),
      qualityBias: biasGradient(dLogits),
      tokens: headGradient(dTokens),
      tokensBias: biasGradient(dTokens),
    },
  };
}

/** Where prompt and identity meet: the hidden layer before its GELU, for each prompt and candidate. */
function meet(g: GraphBuilder, x: Value, { trunk, trunkBias, identities, identityTrunk }: Parameters): Value {
  const prompt = unsqueeze(g, linear(g, x, trunk, trunkBias), candidateAxis);
  return g.op("Add", [prompt, g.op("MatMul", [identities, identityTrunk])]);
}

function head(g: GraphBuilder, hidden: Value, weights: Value, bias: Value): Value {
  const value = g.op("Squeeze", [g.op("MatMul", [hidden, weights]), g.constant(integers([unitAxis]))]);
  return g.op("Add", [value, bias]);
}

function unsqueeze(g: GraphBuilder, value: Value, axis: number): Value {
  return g.op("Unsqueeze", [value, g.constant(integers([axis]))]);
}

function reshape(g: GraphBuilder, value: Value, shape: readonly number[]): Value {
  return g.op("Reshape", [value, g.constant(integers(shape))]);
}
