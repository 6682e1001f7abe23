import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Channel, connect } from "@ipr/grpc";
import { FeedbackService, QualityService, RecalibrationService, RouterService } from "@ipr/proto";
import {
  type FakeUpstream,
  fakeUpstream,
  type NatsServer,
  startNats,
  temporaryDirectory,
} from "@ipr/testing";
import { registryYaml } from "./registry.ts";
import { type ServiceName, type ServiceProcess, startService } from "./service-process.ts";

const shipped = (name: string) => fileURLToPath(new URL(`../../deploy/default/${name}`, import.meta.url));

/** Estimates may be this late before policy degrades: a test machine is slow, and speed is not what is tested. */
const patientEstimateMs = "20000";

/** Every service as a process, a real NATS server and a fake upstream. */
export interface Processes extends AsyncDisposable {
  readonly nats: NatsServer;
  readonly upstream: FakeUpstream;
  readonly http: string;
  readonly policy: Channel;
  readonly recalibration: Channel;
  readonly quality: Channel;
  readonly services: Readonly<Record<ServiceName, ServiceProcess>>;
  /** Ends a service as a crash does. */
  kill(name: ServiceName): Promise<void>;
  /** Starts a killed service again, where it was. */
  restart(name: ServiceName): Promise<void>;
}

export async function startProcesses(environment: Readonly<Record<string, string>> = {}): Promise<Processes> {
  const stack = new AsyncDisposableStack();
  try {
    const nats = stack.use(await startNats());
    const upstream = stack.use(await fakeUpstream());
    const directory = stack.use(await temporaryDirectory());
    const registryFile = join(directory.path, "registry.yaml");
    await writeFile(registryFile, registryYaml(upstream.baseUrl));

    const started = new Map<ServiceName, { settings: Record<string, string>; running: ServiceProcess }>();
    const start = async (name: ServiceName, settings: Record<string, string>) => {
      const running = await startService(name, settings, environment);
      started.set(name, { settings, running });
      return running.addresses;
    };
    stack.defer(async () => {
      await Promise.all(
        Array.from(started.values(), ({ running }) => running.process[Symbol.asyncDispose]()),
      );
    });

    const anyPort = "127.0.0.1:0";
    const natsUrl = { NATS_URL: nats.url };
    const [embeddingTarget = ""] = await start("embedding", {
      LISTEN: anyPort,
      ENCODER_DIR: shipped("encoder"),
    });
    const [qualityTarget = ""] = await start("quality", {
      LISTEN: anyPort,
      BUNDLE_DIR: shipped("bundle"),
      ...natsUrl,
    });
    const [policyTarget = ""] = await start("policy", {
      LISTEN: anyPort,
      EMBEDDING_TARGET: embeddingTarget,
      QUALITY_TARGET: qualityTarget,
      REGISTRY_FILE: registryFile,
      ESTIMATE_TIMEOUT_MS: patientEstimateMs,
      ...natsUrl,
    });
    const [recalibrationTarget = ""] = await start("recalibration", {
      LISTEN: anyPort,
      STATE_DIR: join(directory.path, "recalibration"),
      PUBLISH_INTERVAL_MS: "50",
      ...natsUrl,
    });
    const proxyAddresses = await start("proxy", {
      LISTEN_HTTP: anyPort,
      LISTEN_GRPC: anyPort,
      POLICY_TARGET: policyTarget,
      ROUTE_TIMEOUT_MS: patientEstimateMs,
      ...natsUrl,
    });

    const listen: Record<ServiceName, Record<string, string>> = {
      embedding: { LISTEN: embeddingTarget },
      quality: { LISTEN: qualityTarget },
      policy: { LISTEN: policyTarget },
      recalibration: { LISTEN: recalibrationTarget },
      proxy: { LISTEN_HTTP: proxyAddresses[0] ?? "", LISTEN_GRPC: proxyAddresses[1] ?? "" },
    };
    const channel = (name: string, target: string) => {
      const opened = connect({ name, target, timeoutMs: 30_000 });
      stack.defer(() => opened.close());
      return opened;
    };
    const policy = channel("policy", policyTarget);
    const recalibration = channel("recalibration", recalibrationTarget);
    const quality = channel("quality", qualityTarget);
    const owned = stack.move();
    const of = (name: ServiceName) => {
      const entry = started.get(name);
      if (!entry) throw new RangeError(`${name} was never started`);
      return entry;
    };
    return {
      nats,
      upstream,
      http: `http://${proxyAddresses[0]}`,
      policy,
      recalibration,
      quality,
      get services() {
        return Object.fromEntries(Array.from(started, ([name, { running }]) => [name, running])) as never;
      },
      kill: async (name) => {
        await of(name).running.process.kill();
      },
      restart: async (name) => {
        await start(name, { ...of(name).settings, ...listen[name] });
      },
      [Symbol.asyncDispose]: () => owned.disposeAsync(),
    };
  } catch (error) {
    await stack.disposeAsync();
    throw error;
  }
}

export const clients = (processes: Processes) => ({
  router: processes.policy.client(RouterService),
  feedback: processes.policy.client(FeedbackService),
  recalibration: processes.recalibration.client(RecalibrationService),
  quality: processes.quality.client(QualityService),
});
