import { toIprError, type UnexpectedErrorSink } from "@ipr/grpc";
import type { RegistryStore } from "@ipr/registry";
import express, { type ErrorRequestHandler, type Express, type Request } from "express";
import { type ChatDependencies, chatCompletions } from "./chat-completions.ts";
import { endpoint, type HttpHandler, sendError, sendJson } from "./endpoint.ts";
import { protocolError, toHttpError } from "./error-table.ts";
import { type FeedbackOptions, submitFeedback } from "./feedback.ts";
import { getModel, listModels } from "./models.ts";

export interface AppDependencies {
  readonly chat: ChatDependencies;
  readonly feedback: FeedbackOptions;
  readonly registry: Pick<RegistryStore, "current">;
  readonly maxBodyBytes: number;
  readonly isReady: () => boolean;
  readonly onUnexpected: UnexpectedErrorSink;
}

type Method = "get" | "post";

/** The OpenAI-compatible edge. Every answer is JSON or an event stream, errors included. */
export function createApp(dependencies: AppDependencies): Express {
  const { registry, maxBodyBytes, isReady, onUnexpected } = dependencies;
  const app = express();
  app.disable("x-powered-by").disable("etag");
  app.set("query parser", false);

  const body = [requireJson, express.raw({ type: () => true, limit: maxBodyBytes })];
  const serve = (method: Method, path: string, handler: HttpHandler) => {
    const handlers = [...(method === "post" ? body : []), endpoint(path, handler, onUnexpected)];
    app[method](path, ...handlers);
    app.all(path, (_request, response) => {
      response.setHeader("allow", method.toUpperCase());
      const message = `${path} takes ${method.toUpperCase()} only`;
      sendError(response, protocolError(405, "method_not_allowed", message));
    });
  };
  serve("post", "/v1/chat/completions", chatCompletions(dependencies.chat));
  serve("post", "/v1/feedback", submitFeedback(dependencies.feedback));
  serve("get", "/v1/models", listModels(registry));
  serve("get", "/v1/models/*id", getModel(registry));
  app.get("/livez", (_request, response) => sendJson(response, 200, { status: "live" }));
  app.get("/readyz", (_request, response) => {
    const ready = isReady();
    sendJson(response, ready ? 200 : 503, { status: ready ? "ready" : "not ready" });
  });
  app.use((request, response) => {
    sendError(
      response,
      protocolError(404, "unknown_url", `nothing is at ${request.method} ${shownPath(request)}`),
    );
  });
  app.use(errorHandler(maxBodyBytes, onUnexpected));
  return app;
}

/**
 * A body must be declared as JSON. It also keeps web pages of others from spending the caller's money: a browser asks
 * before it sends JSON across sites.
 */
function requireJson(request: Request, response: Parameters<typeof sendError>[0], next: () => void): void {
  if (request.is("application/json")) next();
  else {
    const message = "the body must be JSON with the header content-type: application/json";
    sendError(response, protocolError(415, "unsupported_media_type", message));
  }
}

/** What express and its body reader reject; our own errors end in `endpoint`. */
function errorHandler(maxBodyBytes: number, onUnexpected: UnexpectedErrorSink): ErrorRequestHandler {
  // Express knows an error handler by its four parameters.
  return (error: unknown, request, response, _next) => {
    const { status, type } = error as { status?: unknown; type?: unknown };
    if (type === "entity.too.large") {
      const message = `the body is larger than ${maxBodyBytes} bytes`;
      sendError(response, protocolError(413, "too_large", message));
    } else if (typeof status === "number" && status >= 400 && status < 500) {
      const message = `the request cannot be read: ${(error as Error).message}`;
      sendError(response, protocolError(status, "bad_request", message));
    } else {
      const known = toIprError(error, `${request.method} ${shownPath(request)}`, onUnexpected);
      sendError(response, toHttpError(known));
    }
  };
}

const maxShownPathCharacters = 200;

function shownPath(request: Request): string {
  return request.path.slice(0, maxShownPathCharacters);
}
