import type { Encoder, EncodeOptions } from "@ipr/estimator";

/** How many batches' worth of calls are open beyond what the encoder works on, so that it never waits for us. */
const readAhead = 2;

/**
 * Encodes many texts and gives their vectors in order, with as many calls open as the encoder has use for. It reads
 * `texts` no further ahead than that, so they may be a stream of any length.
 */
export async function* encodeInOrder(
  encoder: Encoder,
  texts: Iterable<string> | AsyncIterable<string>,
  { signal }: EncodeOptions = {},
): AsyncGenerator<Float32Array> {
  const { parallelism = 1 } = encoder;
  const stop = new AbortController();
  const either = signal ? AbortSignal.any([signal, stop.signal]) : stop.signal;
  const open: Promise<Float32Array>[] = [];
  try {
    for await (const text of texts) {
      const call = encoder.encode(text, { signal: either });
      // One that fails is heard when its turn comes; until then it must not end the process.
      call.catch(() => {});
      open.push(call);
      if (open.length >= (parallelism === 1 ? 1 : parallelism * readAhead)) yield await open.shift()!;
    }
    for (const call of open) yield await call;
  } finally {
    stop.abort();
  }
}
