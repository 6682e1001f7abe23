import { IprError, status } from "@ipr/errors";
import {
  encoderId,
  loadStaticEncoder,
  readEncoderManifest,
  type StaticEncoderManifest,
} from "@ipr/estimator";
import { openOnnxEncoder } from "./onnx/onnx-encoder.ts";
import type { OpenedEncoder, OpenOptions } from "./opened-encoder.ts";
import { openRemoteEncoder } from "./remote/remote-encoder.ts";
import { parseReference } from "./reference.ts";

/**
 * Opens an encoder of any kind. `reference` is a directory with an `encoder.json`, and may end in `@sha256:<digest>`: then
 * an encoder with another digest is refused. Names of shipped encoders are resolved before, by `resolveReference`.
 */
export async function openEncoder(reference: string, options: OpenOptions = {}): Promise<OpenedEncoder> {
  const { dir, digest } = parseReference(reference);
  const manifest = await readEncoderManifest(dir);
  const id = encoderId(manifest);
  if (digest !== undefined && !id.endsWith(digest)) throw wrongDigest(dir, digest, id);
  switch (manifest.kind) {
    case "static":
      return openStatic(dir, manifest);
    case "onnx":
      return openOnnxEncoder(dir, manifest, options);
    case "remote":
      return openRemoteEncoder(dir, manifest, options);
    default:
      return manifest satisfies never;
  }
}

/** A static encoder takes a fraction of a millisecond: it needs no thread, no queue and no batch. */
async function openStatic(dir: string, manifest: StaticEncoderManifest): Promise<OpenedEncoder> {
  return {
    ...(await loadStaticEncoder(dir, manifest)),
    kind: "static",
    parallelism: 1,
    computesOn: "cpu",
    queueDepth: () => 0,
    isBroken: () => false,
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

function wrongDigest(dir: string, expected: string, actual: string): IprError {
  const message = `encoder ${dir}: expected digest ${expected}, but it is ${actual}`;
  return new IprError(status.FAILED_PRECONDITION, "WRONG_ENCODER", message, {
    metadata: { expected, actual },
  });
}
