/**
 * A registry for tests: four candidates that the shipped bundle knows, all served by one upstream, and two routers. The
 * names are the bundle's, the prices made up so that each is dearer than the one before.
 */
export function registryYaml(baseUrl: string): string {
  const candidate = (name: string, family: string, input: number, output: number) => `
  - name: ${name}
    family: ${family}
    endpoints:
      - { name: fake, protocol: openai, baseUrl: "${baseUrl}" }
    price: { inputUsdPerMtok: ${input}, outputUsdPerMtok: ${output}, source: made up for tests, asOf: "2026-11-24" }
    limits: { contextTokens: 128000, maxOutputTokens: 8192 }
    capabilities: { tools: true, vision: false, jsonSchema: true }
    expectedOutputTokens: 300`;
  return `candidates:${candidate("gemma-2-9b-it", "google", 0.1, 0.1)}${candidate("gpt-4o-mini-2024-07-18", "openai", 0.15, 0.6)}${candidate("gpt-4o-2024-08-06", "openai", 2.5, 10)}${candidate("claude-3-5-sonnet-20241022", "anthropic", 3, 15)}
routers:
  - name: default
    candidates: [gemma-2-9b-it, gpt-4o-mini-2024-07-18, gpt-4o-2024-08-06, claude-3-5-sonnet-20241022]
    reference: claude-3-5-sonnet-20241022
    tolerance: 0.1
    gate: dynamic_max
    forcedTrustState: route
  - name: careful
    candidates: [gpt-4o-mini-2024-07-18, claude-3-5-sonnet-20241022]
    reference: claude-3-5-sonnet-20241022
    tolerance: 0
    gate: dynamic_max
`;
}
