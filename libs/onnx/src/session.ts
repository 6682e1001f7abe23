import { InferenceSession, Tensor } from "onnxruntime-node";
import type { ExecutionProvider } from "./execution-provider.ts";

/** A tensor at the border of a session. */
export interface TensorData {
  readonly shape: readonly number[];
  readonly data: Float32Array | BigInt64Array;
}

export interface Session extends AsyncDisposable {
  /** The names of the inputs, each with its number of axes. */
  readonly inputs: ReadonlyMap<string, number>;
  readonly outputs: readonly string[];
  /**
   * Runs the graph. An output named in `into` is written into the given array, which saves an allocation per run;
   * the others are new. Native code runs on the calling thread: run long graphs in a worker.
   */
  run(
    inputs: Readonly<Record<string, TensorData>>,
    into?: Readonly<Record<string, TensorData>>,
  ): Promise<Record<string, TensorData>>;
  /** Stops profiling and writes the profile, when the session was opened with one. */
  endProfiling(): void;
}

export interface SessionOptions {
  /** What computes; operators it cannot do run on the CPU without a word. */
  readonly provider?: ExecutionProvider;
  readonly threads?: number;
  /** Profiles every run into a file whose name begins with this, until `endProfiling`. */
  readonly profilePrefix?: string;
}

/**
 * Opens an ONNX model, on one thread unless told otherwise, without spinning: results do not depend on the machine's core
 * count, and an idle session costs nothing.
 */
export async function openSession(model: Uint8Array, options: SessionOptions = {}): Promise<Session> {
  const { provider = "cpu", threads = 1, profilePrefix } = options;
  const session = await InferenceSession.create(model, {
    // What TensorRT cannot do, CUDA may: fused operators of ours are among that.
    executionProviders: provider === "tensorrt" ? ["tensorrt", "cuda"] : [provider],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    executionMode: "sequential",
    graphOptimizationLevel: "all",
    extra: { session: { intra_op: { allow_spinning: "0" } } },
    ...(profilePrefix !== undefined && { enableProfiling: true, profileFilePrefix: profilePrefix }),
  });
  return {
    inputs: new Map(
      session.inputMetadata.map((input) => [input.name, input.isTensor ? input.shape.length : 0]),
    ),
    outputs: session.outputNames,
    async run(inputs, into = {}) {
      const fetches = Object.fromEntries(
        session.outputNames.map((name) => [name, into[name] === undefined ? null : toTensor(into[name])]),
      );
      const results = await session.run(mapValues(inputs, toTensor), fetches);
      return mapValues(results, ({ dims, data }) => ({ shape: dims, data: data as TensorData["data"] }));
    },
    endProfiling: () => session.endProfiling(),
    async [Symbol.asyncDispose]() {
      await session.release();
    },
  };
}

function toTensor({ shape, data }: TensorData): Tensor {
  return data instanceof Float32Array ? new Tensor("float32", data, shape) : new Tensor("int64", data, shape);
}

function mapValues<From, To>(
  record: Readonly<Record<string, From>>,
  to: (value: From) => To,
): Record<string, To> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, to(value)]));
}
