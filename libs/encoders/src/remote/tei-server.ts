import { IprError, status } from "@ipr/errors";
import type { RemoteEncoderManifest } from "@ipr/estimator";
import { connect } from "@ipr/grpc";
import { TeiEmbed, TeiInfo } from "@ipr/proto";
import { badManifest } from "./bad-manifest.ts";
import type { EncodingServer } from "./remote-encoder.ts";

/**
 * Hugging Face text-embeddings-inference over gRPC. Before the first text it is asked which model it serves: vectors of
 * another model of the same dimension would look right.
 */
export function connectTei(dir: string, manifest: RemoteEncoderManifest): EncodingServer {
  const { url, model, timeoutMs, keyVariable } = manifest;
  const { protocol, host } = new URL(url);
  if (protocol !== "http:" || keyVariable !== undefined)
    throw badManifest(
      dir,
      "asks for TLS or an API key with tei-grpc, which is spoken in the clear, inside a cluster or through a mesh: use http and no keyVariable",
    );
  const channel = connect({ name: `TEI at ${host}`, target: host, timeoutMs });
  const info = channel.client(TeiInfo);
  const embed = channel.client(TeiEmbed);

  let checked: Promise<void> | undefined;
  const checkModel = async (): Promise<void> => {
    const { modelId } = await info.info({});
    if (model !== undefined && modelId !== model) throw otherModel(url, model, modelId);
  };
  /** Asked once, for every caller; again after it failed. */
  const isRightModel = async (): Promise<void> => {
    checked ??= checkModel();
    try {
      await checked;
    } catch (error) {
      checked = undefined;
      throw error;
    }
  };

  return {
    async encode(texts, signal) {
      await isRightModel();
      return Promise.all(
        texts.map(async (inputs) => {
          const { embeddings } = await embed.embed({ inputs, truncate: true, normalize: true }, { signal });
          return embeddings;
        }),
      );
    },
    close: () => channel.close(),
  };
}

function otherModel(url: string, expected: string, actual: string): IprError {
  const message = `TEI at ${url} serves ${actual}, but encoder.json says ${expected}`;
  return new IprError(status.FAILED_PRECONDITION, "WRONG_ENCODER", message, {
    metadata: { expected, actual },
  });
}
