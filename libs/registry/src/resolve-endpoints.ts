import { clone, create, type MessageInitShape } from "@bufbuild/protobuf";
import { IprError, status } from "@ipr/errors";
import {
  type Candidate,
  type Endpoint,
  EndpointSchema,
  Protocol,
  type Registry,
  RegistrySchema,
} from "@ipr/proto";
import { isHttpUrl } from "./check-registry.ts";

const openaiBaseUrl = "https://api.openai.com/v1";
const anthropicBaseUrl = "https://api.anthropic.com/v1";

export type Environment = Readonly<Record<string, string | undefined>>;

export interface ResolvedEndpoints {
  readonly registry: Registry;
  /** True when every answer will be made up, because no provider is configured anywhere. */
  readonly simulated: boolean;
  /** What was done, a line each, for the banner. */
  readonly notes: readonly string[];
}

/**
 * Gives endpoints to candidates that have none:
 *
 * - `IPR_UPSTREAM_BASE_URL` (with `IPR_UPSTREAM_API_KEY`): any server that speaks OpenAI's wire, for every candidate;
 * - else `OPENAI_API_KEY` for the family `openai` and `ANTHROPIC_API_KEY` for the family `anthropic`.
 *
 * Each key may be given as a file instead (`OPENAI_API_KEY_FILE`). When neither the file nor the environment configures
 * a provider, every candidate is simulated. Otherwise one without an endpoint stays without: real and made-up answers
 * are never mixed.
 *
 * @throws IprError BAD_CONFIG when a base URL is none.
 */
export function resolveEndpoints(source: Registry, environment: Environment): ResolvedEndpoints {
  const registry = clone(RegistrySchema, source);
  const offer = providerOf(environment);
  const added = new Map<string, number>();
  for (const candidate of registry.candidates) {
    if (candidate.endpoints.length > 0) continue;
    const endpoint = offer(candidate);
    if (!endpoint) continue;
    candidate.endpoints.push(endpoint);
    added.set(endpoint.name, (added.get(endpoint.name) ?? 0) + 1);
  }
  if (!registry.candidates.some(({ endpoints }) => endpoints.some(isReal))) return simulateAll(registry);
  const notes = Array.from(added, ([name, count]) => `${plural(count, "candidate")} served by ${name}`);
  return { registry, simulated: false, notes: [...notes, ...cautions(registry)] };
}

type Provider = (candidate: Candidate) => Endpoint | undefined;

function providerOf(environment: Environment): Provider {
  const baseUrl = environment["IPR_UPSTREAM_BASE_URL"];
  if (baseUrl) {
    checkUrl("IPR_UPSTREAM_BASE_URL", baseUrl);
    const apiKeyEnv = keyVariable("IPR_UPSTREAM_API_KEY", environment) ?? "";
    return () => endpointOf({ name: "upstream", protocol: Protocol.OPENAI, baseUrl, apiKeyEnv });
  }
  const openaiKey = keyVariable("OPENAI_API_KEY", environment);
  const anthropicKey = keyVariable("ANTHROPIC_API_KEY", environment);
  return ({ family }) => {
    if (family === "openai" && openaiKey) {
      return endpointOf({
        name: "openai",
        protocol: Protocol.OPENAI,
        baseUrl: openaiBaseUrl,
        apiKeyEnv: openaiKey,
      });
    }
    if (family === "anthropic" && anthropicKey) {
      return endpointOf({
        name: "anthropic",
        protocol: Protocol.ANTHROPIC,
        baseUrl: anthropicBaseUrl,
        apiKeyEnv: anthropicKey,
      });
    }
    return undefined;
  };
}

function endpointOf(init: MessageInitShape<typeof EndpointSchema>): Endpoint {
  return create(EndpointSchema, init);
}

/** The variable that holds the key, or names the file that does. */
function keyVariable(variable: string, environment: Environment): string | undefined {
  return [variable, `${variable}_FILE`].find((name) => environment[name]);
}

function isReal({ protocol }: Endpoint): boolean {
  return protocol !== Protocol.SIMULATED;
}

function simulateAll(registry: Registry): ResolvedEndpoints {
  for (const { endpoints } of registry.candidates) {
    if (endpoints.length === 0)
      endpoints.push(endpointOf({ name: "simulated", protocol: Protocol.SIMULATED }));
  }
  return {
    registry,
    simulated: true,
    notes: [
      "no provider is configured: every answer is simulated (set OPENAI_API_KEY, ANTHROPIC_API_KEY or " +
        "IPR_UPSTREAM_BASE_URL, or give candidates endpoints in the registry file)",
    ],
  };
}

/** What is served otherwise than one would think. */
function cautions({ candidates }: Registry): string[] {
  const without = candidates.filter(({ endpoints }) => endpoints.length === 0).length;
  const madeUp = candidates.filter(({ endpoints }) => endpoints.some((endpoint) => !isReal(endpoint)));
  const notes: string[] = [];
  if (without > 0)
    notes.push(`${plural(without, "candidate")} without an endpoint: not used for completions`);
  if (madeUp.length > 0) {
    const names = madeUp.map(({ name }) => name).join(", ");
    notes.push(`the registry file simulates ${names} beside real providers: their answers are made up`);
  }
  return notes;
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

function checkUrl(setting: string, value: string): void {
  if (isHttpUrl(value)) return;
  throw new IprError(
    status.INVALID_ARGUMENT,
    "BAD_CONFIG",
    `${setting} is ${JSON.stringify(value)}, but must be a URL such as "http://127.0.0.1:11434/v1"`,
    { metadata: { setting } },
  );
}
