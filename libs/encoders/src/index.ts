export { type BatchFacts } from "./batch-queue.ts";
export { encodeInOrder } from "./encode-in-order.ts";
export { openEncoder } from "./open-encoder.ts";
export { type ExecutionProvider, executionProviders } from "@ipr/onnx";
export type { EncoderObserver, OpenedEncoder, OpenOptions } from "./opened-encoder.ts";
export { resolveReference } from "./reference.ts";
