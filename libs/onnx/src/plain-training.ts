import {
  type NetworkShape,
  parameterNames,
  parametersOf,
  type ParameterName,
  type TrainingBatch,
  type Weights,
} from "./index.ts";

/** The training step as plain loops in double precision: the oracle that the ONNX graph is held to. */
export interface PlainTraining {
  step(batch: TrainingBatch, options: { learningRate: number; weightDecay: number }): number;
  readonly weights: Record<ParameterName, Float64Array>;
}

export function createPlainTraining(shape: NetworkShape, initial: Weights): PlainTraining {
  const copy = (from: (name: ParameterName) => ArrayLike<number>): Record<ParameterName, Float64Array> =>
    Object.fromEntries(parameterNames.map((name) => [name, Float64Array.from(from(name))])) as Record<
      ParameterName,
      Float64Array
    >;
  const weights = copy((name) => initial[name]);
  const first = copy((name) => new Float64Array(initial[name].length));
  const second = copy((name) => new Float64Array(initial[name].length));
  let steps = 0;

  return {
    weights,
    step(batch, { learningRate, weightDecay }) {
      steps++;
      const { loss, gradients } = backward(shape, weights, batch);
      for (const name of parameterNames) {
        const keep = parametersOf(shape).get(name)?.length === 1 ? 1 : 1 - learningRate * weightDecay;
        weights[name].forEach((value, i) => {
          const gradient = gradients[name][i]!;
          first[name][i] = 0.9 * first[name][i]! + 0.1 * gradient;
          second[name][i] = 0.999 * second[name][i]! + 0.001 * gradient * gradient;
          const mean = first[name][i] / (1 - 0.9 ** steps);
          const variance = second[name][i] / (1 - 0.999 ** steps);
          weights[name][i] = keep * value - (learningRate * mean) / (Math.sqrt(variance) + 1e-8);
        });
      }
      return loss;
    },
  };
}

function backward(
  { features, hidden, candidates, topics }: NetworkShape,
  w: Record<ParameterName, Float64Array>,
  { rows, x, dropout, target, weight, tokenTarget, tokenWeight, topicTarget, topicWeight }: TrainingBatch,
): { loss: number; gradients: Record<ParameterName, Float64Array> } {
  const gradients = Object.fromEntries(
    parameterNames.map((name) => [name, new Float64Array(w[name].length)]),
  ) as Record<ParameterName, Float64Array>;
  let loss = 0;
  for (let row = 0; row < rows; row++) {
    const z = Float64Array.from({ length: hidden }, (_, j) => {
      let sum = w.trunkBias[j]!;
      for (let i = 0; i < features; i++) sum += x[row * features + i]! * w.trunk[i * hidden + j]!;
      return sum;
    });
    const h = z.map((value, j) => gelu(value) * dropout[row * hidden + j]!);
    const dH = new Float64Array(hidden);
    for (let c = 0; c < candidates; c++) {
      const at = row * candidates + c;
      let logit = w.qualityBias[c]!;
      let tokens = w.tokensBias[c]!;
      for (let j = 0; j < hidden; j++) {
        logit += h[j]! * w.quality[j * candidates + c]!;
        tokens += h[j]! * w.tokens[j * candidates + c]!;
      }
      const error = tokens - tokenTarget[at]!;
      loss += weight[at]! * (Math.log1p(Math.exp(logit)) - target[at]! * logit);
      loss += 0.5 * tokenWeight[at]! * error * error;
      const dLogit = weight[at]! * (1 / (1 + Math.exp(-logit)) - target[at]!);
      const dTokens = tokenWeight[at]! * error;
      gradients.qualityBias[c]! += dLogit;
      gradients.tokensBias[c]! += dTokens;
      for (let j = 0; j < hidden; j++) {
        gradients.quality[j * candidates + c]! += dLogit * h[j]!;
        gradients.tokens[j * candidates + c]! += dTokens * h[j]!;
        dH[j]! += dLogit * w.quality[j * candidates + c]! + dTokens * w.tokens[j * candidates + c]!;
      }
    }
    const topicLogits = Array.from({ length: topics }, (_, k) => {
      let sum = w.topicsBias[k]!;
      for (let j = 0; j < hidden; j++) sum += h[j]! * w.topics[j * topics + k]!;
      return sum;
    });
    const total = topicLogits.reduce((sum, value) => sum + Math.exp(value), 0);
    for (let k = 0; k < topics; k++) {
      const share = Math.exp(topicLogits[k]!) / total;
      const wanted = topicTarget[row * topics + k]!;
      loss -= topicWeight[row]! * wanted * Math.log(share);
      const dTopic = topicWeight[row]! * (share - wanted);
      gradients.topicsBias[k]! += dTopic;
      for (let j = 0; j < hidden; j++) {
        gradients.topics[j * topics + k]! += dTopic * h[j]!;
        dH[j]! += dTopic * w.topics[j * topics + k]!;
      }
    }
    for (let j = 0; j < hidden; j++) {
      const dZ = dH[j]! * dropout[row * hidden + j]! * geluSlope(z[j]!);
      gradients.trunkBias[j]! += dZ;
      for (let i = 0; i < features; i++) gradients.trunk[i * hidden + j]! += x[row * features + i]! * dZ;
    }
  }
  return { loss, gradients };
}

function gelu(x: number): number {
  return 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)));
}

/** By central differences, so that the oracle does not repeat the graph's formula. */
function geluSlope(x: number): number {
  const step = 1e-5;
  return (gelu(x + step) - gelu(x - step)) / (2 * step);
}
