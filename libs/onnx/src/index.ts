export {
  type Activation,
  activations,
  bertGraph,
  type BertGraphOptions,
  bertPorts,
  type BertShape,
  type BertWeights,
  type Pooling,
  type Precision,
} from "./bert-graph.ts";
export {
  checkWhoRan,
  type ExecutionProvider,
  executionProviders,
  openVerifiedSession,
  readProfile,
} from "./execution-provider.ts";
export { endThread, takeMessages } from "./end-thread.ts";
export { createGraph, type GraphBuilder, type Value } from "./graph-builder.ts";
export { type CheckpointTensor, parseSafetensors } from "./safetensors.ts";
export { openSession, type Session, type TensorData } from "./session.ts";
export { type Constant, floats, integers, scalar } from "./tensor.ts";
export {
  type NetworkShape,
  type ParameterName,
  parameterNames,
  parametersOf,
  type Weights,
} from "./network-shape.ts";
export {
  type Forward,
  openTrainingSession,
  type TrainingBatch,
  type TrainingSession,
} from "./training-session.ts";
