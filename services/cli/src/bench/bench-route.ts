import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { connect } from "@ipr/grpc";
import { RouterService } from "@ipr/proto";
import type { Environment } from "@ipr/service";
import { request as httpRequest } from "undici";
import type { RouterClient } from "../commands/with-router.ts";
import { withRouter } from "../commands/with-router.ts";
import { type ChildProcess, startChild } from "./child.ts";
import { closedLoop, openLoop } from "./load.ts";
import { cpuUsOf, ownCpuUs } from "./process-cpu.ts";
import { promptOfLength, samplePrompts } from "./sample-prompts.ts";
import { type BenchReport, type BenchRow, thisMachine } from "./report.ts";
import { summarise } from "./summary.ts";

export interface BenchRouteOptions {
  readonly seconds: number;
  readonly ratePerSecond: number;
  readonly onProgress: (stage: string) => void;
}

const warmUpCalls = 500;
const promptsPerSet = 200;
const callTimeoutMs = 10_000;
const startTimeoutMs = 60_000;
const lengths = [60, 4_000, 100_000];

/**
 * Measures one decision: in this process, and over gRPC to a router in another one; beside a bare Node proxy, which is
 * what the machine charges for passing a request on. Every prompt is different, so that no cache answers.
 */
export async function benchRoute(environment: Environment, options: BenchRouteOptions): Promise<BenchReport> {
  const prompts = await samplePrompts(promptsPerSet);
  const rows = [
    await bareProxy(options),
    ...(await inProcess(environment, prompts, options)),
    ...(await overGrpc(prompts, options)),
  ];
  return { machine: thisMachine(), rows };
}

async function bareProxy({ seconds, onProgress }: BenchRouteOptions): Promise<BenchRow> {
  const scenario = "bare node proxy, 60 B";
  onProgress(scenario);
  const answer = JSON.stringify({ choices: [{ message: { role: "assistant", content: "x".repeat(256) } }] });
  const upstream = createServer((incoming, outgoing) => {
    incoming
      .resume()
      .on("end", () => outgoing.writeHead(200, { "content-type": "application/json" }).end(answer));
  });
  upstream.listen(0, "127.0.0.1");
  await once(upstream, "listening");
  const script = fileURLToPath(new URL("bare-proxy.ts", import.meta.url));
  const proxy = await startChild(
    [script, String((upstream.address() as AddressInfo).port)],
    /^listening (\d+)$/m,
    startTimeoutMs,
  );
  try {
    const url = `http://127.0.0.1:${proxy.ready[1]}/`;
    const body = JSON.stringify({ model: "m", messages: [{ role: "user", content: "x".repeat(60) }] });
    const call = async () => {
      const response = await httpRequest(url, { method: "POST", body });
      await response.body.dump();
    };
    const measured = await closedLoop({ call, warmUpCalls, seconds, cpuUs: () => cpuUsOf([proxy.pid]) });
    return { scenario, ...summarise(measured) };
  } finally {
    await proxy.stop();
    upstream.close();
  }
}

function inProcess(
  environment: Environment,
  prompts: readonly string[],
  options: BenchRouteOptions,
): Promise<BenchRow[]> {
  return withRouter(environment, {}, (router) =>
    measureRouter("in process", router, prompts, options, ownCpuUs),
  );
}

async function overGrpc(prompts: readonly string[], options: BenchRouteOptions): Promise<BenchRow[]> {
  const router = await startRouter();
  const channel = connect({ name: "ipr up", target: router.ready[1] ?? "", timeoutMs: callTimeoutMs });
  try {
    const client = channel.client(RouterService);
    return await measureRouter("over gRPC", client, prompts, options, () => cpuUsOf([router.pid]));
  } finally {
    channel.close();
    await router.stop();
  }
}

function startRouter(): Promise<ChildProcess> {
  const ipr = fileURLToPath(new URL("../../bin/ipr.js", import.meta.url));
  const args = [ipr, "up", "--http", "127.0.0.1:0", "--grpc", "127.0.0.1:0", "--ephemeral"];
  return startChild(args, /^ready http=\S+ grpc=(\S+)$/m, startTimeoutMs);
}

async function measureRouter(
  where: string,
  router: RouterClient,
  prompts: readonly string[],
  { seconds, ratePerSecond, onProgress }: BenchRouteOptions,
  cpuUs: () => number | undefined,
): Promise<BenchRow[]> {
  const rows: BenchRow[] = [];
  let unique = 0;
  const ask = async (prompt: string) => {
    const decision = await router.route(
      { input: { case: "prompt", value: prompt } },
      { timeoutMs: callTimeoutMs },
    );
    if (decision.degraded) throw new Error(`degraded: ${decision.degradedReason}`);
  };
  const loop = { warmUpCalls, seconds, cpuUs };
  const open = `${where}, real prompts, ${ratePerSecond}/s open loop`;
  onProgress(open);
  const call = (n: number) => ask(`${unique++} ${prompts[n % prompts.length]}`);
  rows.push({
    scenario: open,
    ...summarise(await openLoop({ call, ...loop, ratePerSecond, random: nonZeroRandom })),
  });
  for (const length of lengths) {
    const scenario = `${where}, ${length} characters, one at a time`;
    onProgress(scenario);
    const measured = await closedLoop({
      call: () => ask(promptOfLength(prompts, length, unique++)),
      ...loop,
    });
    rows.push({ scenario, ...summarise(measured) });
  }
  return rows;
}

function nonZeroRandom(): number {
  return 1 - Math.random();
}
