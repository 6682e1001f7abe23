import { IprError, status } from "@ipr/errors";
import { cutText, encoderId, type RemoteEncoderManifest } from "@ipr/estimator";
import { BatchQueue, type Lane } from "../batch-queue.ts";
import { defaults, type OpenedEncoder, type OpenOptions } from "../opened-encoder.ts";
import { connectOpenAi } from "./openai-server.ts";
import { connectTei } from "./tei-server.ts";
import { toUnitVector } from "./unit-vector.ts";

/** A server that encodes, as its protocol has it. */
export interface EncodingServer {
  /** Encodes the texts, in order. Rejects with IprError only. */
  encode(texts: readonly string[], signal: AbortSignal): Promise<readonly ArrayLike<number>[]>;
  close(): void | Promise<void>;
}

/** Requests open at once to a server that takes many texts in one. */
const openRequests = 4;

/**
 * Opens an encoder behind the network. Nothing is sent yet: a server that is down, or has another model, shows in the
 * first call, so that a service can start before its neighbour.
 */
export async function openRemoteEncoder(
  dir: string,
  manifest: RemoteEncoderManifest,
  options: OpenOptions,
): Promise<OpenedEncoder> {
  const server = connectServer(dir, manifest, options.environment ?? {});
  const { maxWaitMs, maxPending } = { ...defaults, ...options };
  // TEI batches by itself what comes at the same time, so there a request has one text.
  const isBatchedThere = manifest.protocol === "tei-grpc";
  const maxBatch = isBatchedThere ? 1 : Math.min(manifest.maxBatch, options.maxBatch ?? manifest.maxBatch);
  const laneCount = isBatchedThere ? manifest.maxBatch : openRequests;
  const lane = (): Lane => ({ isReady: () => true, run: (texts, signal) => encode(texts, signal) });
  const encode = async (texts: readonly string[], signal: AbortSignal): Promise<Float32Array[]> => {
    const vectors = await server.encode(texts, signal);
    if (vectors.length !== texts.length)
      throw wrongAnswer(manifest, `${vectors.length} vectors for ${texts.length} texts`);
    return vectors.map((vector) => {
      if (vector.length !== manifest.dimension)
        throw wrongAnswer(
          manifest,
          `a vector of ${vector.length} numbers, but encoder.json says ${manifest.dimension}`,
        );
      return toUnitVector(vector);
    });
  };
  const queue = new BatchQueue(Array.from({ length: laneCount }, lane), {
    maxBatch,
    maxWaitMs,
    maxPending,
    onBatch: (batch) => options.observer?.batchEncoded?.(batch),
  });
  return {
    id: encoderId(manifest),
    kind: "remote",
    dimension: manifest.dimension,
    maxTokens: manifest.maxTokens,
    parallelism: Math.min(maxPending, laneCount * maxBatch),
    computesOn: manifest.url,
    queueDepth: () => queue.depth,
    isBroken: () => false,
    encode: (text, { signal } = {}) =>
      queue.push(manifest.prefix + cutText(text, manifest.maxCharacters), signal),
    async [Symbol.asyncDispose]() {
      queue.fail(
        new IprError(
          status.UNAVAILABLE,
          "NEIGHBOUR_DOWN",
          `encoder ${manifest.reference} is closed`,
          neighbour(manifest),
        ),
      );
      await server.close();
    },
  };
}

function connectServer(
  dir: string,
  manifest: RemoteEncoderManifest,
  environment: Readonly<Record<string, string | undefined>>,
): EncodingServer {
  switch (manifest.protocol) {
    case "tei-grpc":
      return connectTei(dir, manifest);
    case "openai":
      return connectOpenAi(dir, manifest, environment);
    default:
      return manifest.protocol satisfies never;
  }
}

function wrongAnswer(manifest: RemoteEncoderManifest, what: string): IprError {
  const message = `encoder ${manifest.reference}: ${manifest.url} gave ${what}`;
  return new IprError(status.FAILED_PRECONDITION, "WRONG_ENCODER", message, neighbour(manifest));
}

function neighbour({ url }: RemoteEncoderManifest) {
  return { metadata: { neighbour: url } };
}
