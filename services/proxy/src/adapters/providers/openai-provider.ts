import { context, propagation } from "@opentelemetry/api";
import type { Endpoint } from "@ipr/proto";
import type { Environment } from "@ipr/service";
import { Agent, type Dispatcher } from "undici";
import type { Provider, UpstreamResponse } from "../../answering/provider.ts";
import { UpstreamFault } from "../../answering/upstream-fault.ts";
import { notConnected } from "../../domain/attempt.ts";
import { apiKeyOf } from "./api-keys.ts";

/** Connections to one upstream; more calls than this wait for one, within their deadline. */
const maxConnectionsPerOrigin = 1024;
/** As much of an answer that nobody wants as is read to keep its connection. */
const maxDiscardedBytes = 64 * 1024;

export interface OpenAiProviderOptions {
  readonly environment: Environment;
  readonly connectTimeoutMs: number;
  /** Where an endpoint without a base URL is. */
  readonly defaultBaseUrl: string;
  /** Sent with every request. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly now: () => number;
}

/** Any server that speaks OpenAI's chat completions, over HTTP/1.1 with kept connections. */
export function createOpenAiProvider(options: OpenAiProviderOptions): Provider {
  const agent = new Agent({
    connections: maxConnectionsPerOrigin,
    // One request at a time on a connection: an abandoned answer then ends by closing it, which the upstream notices.
    pipelining: 1,
    allowH2: false,
    connect: { timeout: options.connectTimeoutMs },
    // Each attempt has its own deadlines.
    headersTimeout: 0,
    bodyTimeout: 0,
  });
  return {
    async send({ target: { endpoint }, text }, signal) {
      const key = await apiKeyOf(endpoint, options.environment);
      const { origin, path } = completionsUrl(endpoint, options.defaultBaseUrl);
      const response = await agent.request({
        origin,
        path,
        method: "POST",
        headers: {
          "content-type": "application/json",
          accept: "application/json, text/event-stream",
          "user-agent": "ipr-proxy",
          ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
          ...options.headers,
          ...traceHeaders(),
        },
        body: text,
        signal,
      });
      return toUpstreamResponse(response, options.now);
    },
    close: () => agent.destroy(),
  };
}

function completionsUrl({ baseUrl }: Endpoint, defaultBaseUrl: string): { origin: string; path: string } {
  const url = URL.parse(baseUrl || defaultBaseUrl);
  if (!url) throw new UpstreamFault(`${notConnected}: the endpoint's base URL is none`);
  // A query is kept: some providers want their version there.
  return { origin: url.origin, path: `${url.pathname.replace(/\/+$/, "")}/chat/completions${url.search}` };
}

function traceHeaders(): Record<string, string> {
  const headers: Record<string, string> = {};
  propagation.inject(context.active(), headers);
  return headers;
}

function toUpstreamResponse(
  { statusCode, headers, body }: Dispatcher.ResponseData,
  now: () => number,
): UpstreamResponse {
  // An answer that is abandoned ends in an error that nobody is left to hear; unheard it would end the process.
  body.on("error", () => {});
  return {
    httpStatus: statusCode,
    mediaType: (text(headers["content-type"]) ?? "").split(";", 1)[0]!.trim().toLowerCase(),
    requestId: text(headers["x-request-id"]),
    retryAfterMs: retryAfterMs(headers, now),
    body,
    discard() {
      body.dump({ limit: maxDiscardedBytes }).catch(() => {});
    },
  };
}

type Headers = Readonly<Record<string, string | string[] | undefined>>;

/** Retry-After in seconds or as a date, or in milliseconds as OpenAI and Azure send it. */
function retryAfterMs(headers: Headers, now: () => number): number | undefined {
  const inMs = Number(text(headers["retry-after-ms"]) ?? Number.NaN);
  if (inMs >= 0) return inMs;
  const after = text(headers["retry-after"]);
  if (after === undefined) return undefined;
  const waitMs = /^\d+$/.test(after) ? Number(after) * 1000 : Date.parse(after) - now();
  return Number.isFinite(waitMs) ? Math.max(0, waitMs) : undefined;
}

function text(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header[0] : header;
}
