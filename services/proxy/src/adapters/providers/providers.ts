import { Protocol } from "@ipr/proto";
import type { Environment } from "@ipr/service";
import type { Provider } from "../../answering/provider.ts";
import { UpstreamFault } from "../../answering/upstream-fault.ts";
import { notConnected } from "../../domain/attempt.ts";
import { createOpenAiProvider } from "./openai-provider.ts";
import { createSimulatedProvider } from "./simulated-provider.ts";

export interface ProvidersOptions {
  readonly environment: Environment;
  readonly connectTimeoutMs: number;
  readonly now: () => number;
  readonly newId: () => string;
}

/** All providers as one, by the wire that the endpoint speaks. */
export function createProviders(options: ProvidersOptions): Provider {
  const openai = createOpenAiProvider({ ...options, defaultBaseUrl: "https://api.openai.com/v1" });
  // Anthropic's compatibility endpoint: OpenAI's wire and OpenAI's way to send the key.
  const anthropic = createOpenAiProvider({
    ...options,
    defaultBaseUrl: "https://api.anthropic.com/v1",
    headers: { "anthropic-version": "2023-06-01" },
  });
  const simulated = createSimulatedProvider(options);
  return {
    async send(request, signal) {
      return providerOf(request.target.endpoint.protocol).send(request, signal);
    },
    async close() {
      await Promise.all([openai.close(), anthropic.close(), simulated.close()]);
    },
  };

  function providerOf(protocol: Protocol): Provider {
    switch (protocol) {
      case Protocol.OPENAI:
        return openai;
      case Protocol.ANTHROPIC:
        return anthropic;
      case Protocol.SIMULATED:
        return simulated;
      case Protocol.UNSPECIFIED:
      // A registry written by a newer build may name a wire that this one does not know.
      default:
        throw new UpstreamFault(`${notConnected}: this build does not speak the endpoint's protocol`);
    }
  }
}
