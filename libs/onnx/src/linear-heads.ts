import type { GraphBuilder, Value } from "./graph-builder.ts";
import {
  type Backward,
  gelu,
  labelLoss,
  linear,
  type Parameters,
  sum,
  sumOver,
  type TrainingInputs,
} from "./layers.ts";

export interface LinearOutputs {
  readonly logits: Value;
  readonly logTokens: Value;
  readonly topicShares: Value | undefined;
}

export function linearForward(g: GraphBuilder, x: Value, p: Parameters, hasTopics: boolean): LinearOutputs {
  const hidden = gelu(g, linear(g, x, p.trunk, p.trunkBias)).value;
  const topics = hasTopics ? linear(g, hidden, p.topics, p.topicsBias) : undefined;
  return {
    logits: linear(g, hidden, p.quality, p.qualityBias),
    logTokens: linear(g, hidden, p.tokens, p.tokensBias),
    topicShares: topics && g.op("Softmax", [topics], { axis: -1 }),
  };
}

export function linearBackward(
  g: GraphBuilder,
  inputs: TrainingInputs,
  p: Parameters,
  hasTopics: boolean,
): Backward {
  const { x, dropout } = inputs;
  const activated = gelu(g, linear(g, x, p.trunk, p.trunkBias));
  const h = g.op("Mul", [activated.value, dropout]);
  const outputs = {
    logits: linear(g, h, p.quality, p.qualityBias),
    logTokens: linear(g, h, p.tokens, p.tokensBias),
  };
  const { loss, dLogits, dTokens } = labelLoss(g, outputs, inputs);
  const topics = hasTopics ? topicBackward(g, h, inputs, p) : undefined;
  const fromLabels = g.op("Add", [
    g.op("Gemm", [dLogits, p.quality], { transB: 1 }),
    g.op("Gemm", [dTokens, p.tokens], { transB: 1 }),
  ]);
  const dHidden = topics ? g.op("Add", [fromLabels, topics.dHidden]) : fromLabels;
  const dTrunk = g.op("Mul", [g.op("Mul", [dHidden, dropout]), activated.derivative]);
  return {
    loss: topics ? g.op("Add", [loss, topics.loss]) : loss,
    gradients: {
      trunk: g.op("Gemm", [x, dTrunk], { transA: 1 }),
      trunkBias: sumOver(g, dTrunk, 0),
      quality: g.op("Gemm", [h, dLogits], { transA: 1 }),
      qualityBias: sumOver(g, dLogits, 0),
      tokens: g.op("Gemm", [h, dTokens], { transA: 1 }),
      tokensBias: sumOver(g, dTokens, 0),
      ...topics?.gradients,
    },
  };
}

/** Cross-entropy of the topics. */
function topicBackward(
  g: GraphBuilder,
  h: Value,
  { topicTarget, topicWeight }: TrainingInputs,
  { topics, topicsBias }: Parameters,
): Backward & { readonly dHidden: Value } {
  const logits = linear(g, h, topics, topicsBias);
  const surprise = g.op("Mul", [g.op("LogSoftmax", [logits], { axis: -1 }), topicTarget]);
  const error = g.op("Sub", [g.op("Softmax", [logits], { axis: -1 }), topicTarget]);
  const dLogits = g.op("Mul", [error, topicWeight]);
  return {
    loss: g.op("Neg", [sum(g, g.op("Mul", [surprise, topicWeight]))]),
    gradients: { topics: g.op("Gemm", [h, dLogits], { transA: 1 }), topicsBias: sumOver(g, dLogits, 0) },
    dHidden: g.op("Gemm", [dLogits, topics], { transB: 1 }),
  };
}
