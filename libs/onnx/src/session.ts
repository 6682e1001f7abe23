import { InferenceSession, Tensor } from "onnxruntime-node";

/** A tensor at the border of a session. */
export interface TensorData {
  readonly shape: readonly number[];
  readonly data: Float32Array | BigInt64Array;
}

export interface Session extends AsyncDisposable {
  /**
   * Runs the graph. An output named in `into` is written into the given array, which saves an allocation per run;
   * the others are new. Native code runs on the calling thread: run long graphs in a worker.
   */
  run(
    inputs: Readonly<Record<string, TensorData>>,
    into?: Readonly<Record<string, TensorData>>,
  ): Promise<Record<string, TensorData>>;
}

/**
 * Opens an ONNX model on one thread without spinning: results do not depend on the machine's core count, and an idle
 * session costs nothing.
 */
export async function openSession(model: Uint8Array): Promise<Session> {
  const session = await InferenceSession.create(model, {
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    executionMode: "sequential",
    graphOptimizationLevel: "all",
    extra: { session: { intra_op: { allow_spinning: "0" } } },
  });
  return {
    async run(inputs, into = {}) {
      const fetches = Object.fromEntries(
        session.outputNames.map((name) => [name, into[name] === undefined ? null : toTensor(into[name])]),
      );
      const results = await session.run(mapValues(inputs, toTensor), fetches);
      return mapValues(results, ({ dims, data }) => ({ shape: dims, data: data as TensorData["data"] }));
    },
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
