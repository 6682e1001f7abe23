import { randomUUIDv7 } from "node:crypto";
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { createEmbeddedBus, decodeOutcome, streams } from "@ipr/events";
import { type Channel, connect, type Handlers, register, serveGrpc } from "@ipr/grpc";
import {
  type Candidate,
  CandidateSchema,
  FeedbackService,
  type OutcomeEvent,
  Protocol,
  RegistrySchema,
  type RouteRequest,
  RouterService,
  TrustState,
  type RouteResponseSchema,
  type RouterSchema,
} from "@ipr/proto";
import { openRegistry } from "@ipr/registry";
import { createLogger } from "@ipr/service";
import { waitFor } from "@ipr/testing";
import { createProxy, serveHttp, Settings } from "../src/index.ts";

type Route = Handlers<typeof RouterService>["route"];
type Submit = Handlers<typeof FeedbackService>["submit"];
export type RouteAnswer = MessageInitShape<typeof RouteResponseSchema>;

/** The fields of a candidate, as `create` takes them. */
type CandidateInit = Omit<
  Exclude<MessageInitShape<typeof CandidateSchema>, Candidate>,
  "$typeName" | "$unknown"
>;

/** A candidate served at this base URL, by this process (undefined), or nowhere (null). */
export function candidate(name: string, baseUrl: string | null | undefined, more: CandidateInit = {}) {
  const endpoint =
    baseUrl === undefined
      ? { name: "simulated", protocol: Protocol.SIMULATED }
      : { name: "main", protocol: Protocol.OPENAI, baseUrl: baseUrl ?? "" };
  return create(CandidateSchema, {
    name,
    family: "test",
    endpoints: baseUrl === null ? [] : [endpoint],
    price: { inputUsdPerMtok: 1, outputUsdPerMtok: 4, source: "test", asOf: "2026-01-01" },
    ...more,
  });
}

/** The decision that the fake policy makes unless a test says otherwise. */
export function decisionFor(model: string, more: RouteAnswer = {}): RouteAnswer {
  return {
    decisionId: randomUUIDv7(),
    router: "default",
    model,
    referenceModel: "strong",
    trustState: TrustState.ROUTE,
    propensity: 1,
    tolerance: 0.1,
    expectedSaving: 0.75,
    ...more,
  };
}

export interface WorldOptions {
  readonly candidates: readonly ReturnType<typeof candidate>[];
  readonly router?: MessageInitShape<typeof RouterSchema>;
  /** What the policy answers; undefined: there is no policy. */
  readonly route?: Route | undefined;
  readonly submit?: Submit;
  readonly settings?: Partial<Settings>;
  readonly environment?: Record<string, string>;
}

/** The proxy over real HTTP, a policy over real gRPC with scripted answers, and a real bus and registry in memory. */
export async function startWorld(options: WorldOptions) {
  const { candidates, settings = {}, environment = {} } = options;
  const asked: RouteRequest[] = [];
  const logLines: string[] = [];
  const stack = new AsyncDisposableStack();

  const bus = stack.use(createEmbeddedBus());
  const names = candidates.map(({ name }) => name);
  const seed = create(RegistrySchema, {
    candidates: [...candidates],
    routers: [
      {
        name: "default",
        candidates: names,
        reference: names.includes("strong") ? "strong" : names[0]!,
        tolerance: 0.1,
        ...options.router,
      },
    ],
  });
  const registry = await openRegistry(bus, { seed });
  stack.defer(() => registry.close());

  const policy = await startPolicy(options, asked);
  stack.defer(policy.close);
  const outcomes: OutcomeEvent[] = [];
  bus.consume({ durable: "test", stream: streams.outcomes }, async (event) => {
    outcomes.push(decodeOutcome(event));
  });

  let accepting = true;
  const proxy = createProxy({
    router: policy.channel.client(RouterService),
    feedback: policy.channel.client(FeedbackService),
    registry,
    bus,
    environment,
    logger: createLogger({
      service: "proxy",
      level: "debug",
      write: (line) => logLines.push(line),
      now: () => new Date(),
    }),
    clock: Date,
    newId: randomUUIDv7,
    settings: Settings.parse({ routeTimeoutMs: 20_000, ...settings }),
    isAccepting: () => accepting,
  });
  stack.defer(() => proxy.close());
  const serving = await serveHttp(proxy.app, "127.0.0.1:0");
  stack.defer(() => serving.drain(0));
  const url = `http://${serving.address}`;

  return {
    url,
    proxy,
    serving,
    registry,
    bus,
    /** What the policy was asked. */
    asked,
    outcomes,
    logLines,
    stopAccepting: () => {
      accepting = false;
    },
    /** Posts JSON; a string goes as it is. */
    post: (path: string, body: unknown, init: RequestInit = {}) =>
      fetch(url + path, {
        method: "POST",
        body: typeof body === "string" ? body : JSON.stringify(body),
        ...init,
        headers: { "content-type": "application/json", ...(init.headers as Record<string, string>) },
      }),
    chat(body: object, init?: RequestInit) {
      const messages = [{ role: "user", content: "Hi" }];
      return this.post("/v1/chat/completions", { model: "ipr/default", messages, ...body }, init);
    },
    /** The first outcome, once it is there. */
    outcome: () => waitFor(() => outcomes[0], { what: "an outcome event" }),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

async function startPolicy({ route, submit = refuse }: WorldOptions, asked: RouteRequest[]) {
  const onUnexpected = (error: unknown) => {
    throw error;
  };
  const connectTo = (target: string): Channel => connect({ name: "policy", target, timeoutMs: 20_000 });
  if (!route) {
    // Nothing listens on port 1.
    const channel = connectTo("127.0.0.1:1");
    return { channel, close: async () => channel.close() };
  }
  const serving = await serveGrpc({
    listen: "127.0.0.1:0",
    services: [
      register(RouterService, {
        route(request, context) {
          asked.push(request);
          return route(request, context);
        },
        async *routeBatch() {},
      }),
      register(FeedbackService, { submit }),
    ],
    isReady: () => true,
    onUnexpected,
  });
  const channel = connectTo(serving.address);
  return {
    channel,
    async close() {
      channel.close();
      await serving.drain(0);
    },
  };
}

const refuse: Submit = () => Promise.reject(new Error("this test expects no feedback"));

/** The events of a stream as their data, and whether the connection ended as a finished answer does. */
export async function readEvents(
  response: Response,
): Promise<{ data: string[]; raw: string; isClean: boolean }> {
  const parts: Uint8Array[] = [];
  let isClean = true;
  try {
    for await (const part of response.body!) parts.push(part);
  } catch {
    isClean = false;
  }
  const raw = Buffer.concat(parts).toString("utf8");
  const data = raw
    .split("\n\n")
    .filter((event) => event.startsWith("data: "))
    .map((event) => event.slice("data: ".length));
  return { data, raw, isClean };
}

/** The error body of a response. */
export async function errorOf(response: Response) {
  const { error } = (await response.json()) as {
    error: { message: string; type: string; param: string | null; code: string | null };
  };
  return error;
}
