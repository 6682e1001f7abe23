import { obtainTool } from "@ipr/tools";
import { type Child, startChild } from "./child.ts";
import { temporaryDirectory } from "./temporary-directory.ts";

const startTimeoutMs = 30_000;

export interface NatsServer extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  /** Ends it as SIGTERM does, or as a crash does; it can be started again. */
  stop(): Promise<void>;
  kill(): Promise<void>;
  /** Starts it again on the same port and store. */
  restart(): Promise<void>;
  output(): string;
}

/** A real nats-server with JetStream on a port of its own. Its store goes when it is disposed, unless one was given. */
export async function startNats(options: { readonly storeDir?: string } = {}): Promise<NatsServer> {
  const binary = await obtainTool("nats-server");
  const ownStore = options.storeDir === undefined ? await temporaryDirectory() : undefined;
  const storeDir = options.storeDir ?? ownStore?.path ?? "";
  const anyPort = -1;
  let running = await startServer(binary, anyPort, storeDir);
  const { port } = running;
  return {
    url: `nats://127.0.0.1:${port}`,
    port,
    output: () => running.child.output(),
    async stop() {
      await running.child.stop();
    },
    async kill() {
      await running.child.kill();
    },
    async restart() {
      await running.child.kill();
      running = await startServer(binary, port, storeDir);
    },
    async [Symbol.asyncDispose]() {
      await running.child.kill();
      await ownStore?.[Symbol.asyncDispose]();
    },
  };
}

async function startServer(
  binary: string,
  port: number,
  storeDir: string,
): Promise<{ child: Child; port: number }> {
  const child = await startChild(binary, ["-a", "127.0.0.1", "-p", String(port), "-js", "-sd", storeDir]);
  try {
    const listening = await child.waitForOutput(/client connections on 127\.0\.0\.1:(\d+)/, startTimeoutMs);
    await child.waitForOutput(/Server is ready/, startTimeoutMs);
    return { child, port: Number(listening[1]) };
  } catch (error) {
    await child.kill();
    throw error;
  }
}
