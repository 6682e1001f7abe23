import type { Environment } from "./config.ts";

export interface Telemetry {
  shutdown(): Promise<void>;
}

/** How long the last spans may take to leave at shutdown. */
const flushTimeoutMs = 5_000;

/**
 * Starts OpenTelemetry when OTEL_EXPORTER_OTLP_ENDPOINT is set: traces and metrics by OTLP over HTTP (protobuf), the
 * other OTEL_* variables as specified. The SDK is loaded only then, since importing it takes a second. Spans are made
 * by our own adapters; nothing is patched.
 */
export async function startTelemetry(service: string, environment: Environment): Promise<Telemetry> {
  if (!environment["OTEL_EXPORTER_OTLP_ENDPOINT"]) return { shutdown: async () => {} };
  const { NodeSDK } = await import("@opentelemetry/sdk-node");
  const serviceName = environment["OTEL_SERVICE_NAME"] ?? `ipr-${service}`;
  const sdk = new NodeSDK({ serviceName, instrumentations: [] });
  sdk.start();
  return {
    // A collector that is gone must not keep the process from ending.
    shutdown: () => Promise.race([sdk.shutdown().catch(() => {}), timeout(flushTimeoutMs)]),
  };
}

function timeout(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms).unref();
  });
}
