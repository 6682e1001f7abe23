import type { ServerResponse } from "node:http";
import { propagation, ROOT_CONTEXT, SpanKind } from "@opentelemetry/api";
import { toIprError, type UnexpectedErrorSink } from "@ipr/grpc";
import { failSpan, withSpan } from "@ipr/telemetry";
import type { Request, RequestHandler, Response } from "express";
import { type HttpError, toHttpError } from "./error-table.ts";

export type HttpHandler = (request: Request, response: Response) => Promise<void>;

/** A handler inside the SERVER span of its request, whose errors become error bodies. */
export function endpoint(
  name: string,
  handler: HttpHandler,
  onUnexpected: UnexpectedErrorSink,
): RequestHandler {
  return async (request, response) => {
    const parent = propagation.extract(ROOT_CONTEXT, request.headers);
    const attributes = { "http.request.method": request.method, "http.route": name };
    await withSpan(
      `${request.method} ${name}`,
      { kind: SpanKind.SERVER, attributes, parent },
      async (span) => {
        try {
          await handler(request, response);
        } catch (error) {
          const known = toIprError(error, `${request.method} ${name}`, onUnexpected);
          failSpan(span, known);
          sendError(response, toHttpError(known));
        }
        span.setAttribute("http.response.status_code", response.statusCode);
      },
    );
  };
}

export function sendJson(response: ServerResponse, httpStatus: number, value: object): void {
  sendBody(response, httpStatus, JSON.stringify(value), {});
}

export function sendBody(
  response: ServerResponse,
  httpStatus: number,
  body: string | Uint8Array,
  headers: Readonly<Record<string, string>>,
): void {
  response.writeHead(httpStatus, {
    "content-type": "application/json; charset=utf-8",
    "content-length": Buffer.byteLength(body),
    ...headers,
  });
  response.end(body);
}

/** Sends an error body; when the answer has begun nothing can be said any more, and it must not look finished. */
export function sendError(
  response: ServerResponse,
  { status: httpStatus, body, retryAfterMs }: HttpError,
): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const retryAfter =
    retryAfterMs === undefined ? {} : { "retry-after": String(Math.ceil(retryAfterMs / 1000)) };
  sendBody(response, httpStatus, JSON.stringify(body), retryAfter);
}
