import { fileURLToPath } from "node:url";
import { type RunningProcess, startProcess } from "@ipr/testing";

export type ServiceName = "embedding" | "quality" | "policy" | "proxy" | "recalibration";

/** One service as a process of its own. */
export interface ServiceProcess {
  /** The addresses it listens on, as its log says. */
  readonly addresses: readonly string[];
  readonly process: RunningProcess;
}

/** Starts a service with settings named after its config's fields in upper case, and waits until it serves. */
export async function startService(
  name: ServiceName,
  settings: Readonly<Record<string, string>>,
  environment: Readonly<Record<string, string>> = {},
): Promise<ServiceProcess> {
  const main = fileURLToPath(new URL(`../../services/${name}/src/main.ts`, import.meta.url));
  const prefixed = Object.entries(settings).map(([key, value]) => [
    `IPR_${name.toUpperCase()}_${key}`,
    value,
  ]);
  const process = await startProcess(main, [], {
    env: { ...Object.fromEntries(prefixed), ...environment },
    readyPattern: /"event":"service_started","addresses":(\[[^\]]*\])/,
  });
  return { addresses: JSON.parse(process.ready[1] ?? "[]") as string[], process };
}
