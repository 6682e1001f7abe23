export interface ShadowRouter {
  readonly name: string;
  readonly reference: string;
  /** Its trust state: observe, or cold. */
  readonly state: "cold" | "observe";
}

/** What a person is told when the router serves. */
export interface BannerFacts {
  readonly http: string;
  readonly grpc: string;
  readonly bundle: string;
  /** The bundle that answers another encoder's embeddings, and the one that is only compared. */
  readonly standInBundle: string | undefined;
  readonly shadowBundle: string | undefined;
  readonly routers: readonly string[];
  readonly candidates: number;
  /** Where answers come from, one line each. */
  readonly providers: readonly string[];
  readonly simulated: boolean;
  /** Routers whose trust state an operator forced to `route`. */
  readonly forcedRouters: readonly string[];
  /** Routers whose reference answers, whatever they would decide. */
  readonly shadowRouters: readonly ShadowRouter[];
  /** What will not work as one would think. */
  readonly warnings: readonly string[];
  readonly stateDir: string;
}

export function renderBanner(facts: BannerFacts): string {
  const { http, grpc, bundle, routers, candidates, providers, simulated, stateDir } = facts;
  const lines = [
    `ready http=${http} grpc=${grpc}`,
    "",
    `IPR with ${candidates} candidates and the routers ${routers.join(", ")}; bundle ${bundle}; state in ${stateDir}`,
  ];
  if (facts.standInBundle !== undefined)
    lines.push(`stand-in bundle ${facts.standInBundle}: answers when the encoder is late or gone`);
  if (facts.shadowBundle !== undefined) {
    lines.push(
      `shadow bundle ${facts.shadowBundle}: answers nothing, and is compared with the one that does; see how with`,
      `  grpcurl -plaintext ${grpc} ipr.v1.QualityService/ListBundles`,
    );
  }
  for (const name of facts.forcedRouters) {
    lines.push(`FORCED: router ${name} serves by its estimates, without evidence from your traffic.`);
  }
  for (const { name, reference, state } of facts.shadowRouters) {
    lines.push(
      `${state.toUpperCase()}: router ${name} answers with its reference ${reference} and only says what it would choose; let it serve with`,
      "  forcedTrustState: route in the registry once `ipr evaluate` has convinced you.",
    );
  }
  if (simulated) {
    lines.push(
      "SIMULATED: no provider is configured, so answers are made up by this process and say so. Set OPENAI_API_KEY,",
      "ANTHROPIC_API_KEY or IPR_UPSTREAM_BASE_URL (any OpenAI-compatible server), or list endpoints in --registry FILE.",
    );
  } else {
    lines.push(...providers);
  }
  lines.push(...facts.warnings.map((warning) => `WARNING: ${warning}`));
  const [first] = routers;
  const router = routers.includes("default") ? "default" : (first ?? "default");
  const routerOption = router === "default" ? "" : ` --router ${router}`;
  const question = `{"model":"ipr/${router}","messages":[{"role":"user","content":"What is 17 * 23?"}]}`;
  lines.push(
    "",
    "Try:",
    `  npx ipr route "Prove that sqrt(2) is irrational" --tolerance 0.1${routerOption} --target ${grpc}`,
    `  curl -i http://${http}/v1/chat/completions -H 'content-type: application/json' -d '${question}'`,
    `  curl http://${http}/v1/feedback -H 'content-type: application/json' -d '{"decisionId":"<x-ipr-decision-id>","score":1}'`,
  );
  return `${lines.join("\n")}\n`;
}
