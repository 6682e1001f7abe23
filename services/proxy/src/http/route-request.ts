import type { RouteRequestInit } from "../answering/decision.ts";
import { outputLimit } from "../domain/output-limit.ts";
import type { ChatRequest } from "./chat-request.ts";
import { hasImage, toConversation } from "./conversation.ts";

/** A chat request as a question to the router, with the constraints that follow from what it declares. */
export function toRouteRequest(request: ChatRequest, router: string): RouteRequestInit {
  const { body, options } = request;
  const messages = toConversation(request.messages);
  const hasTools = isNotEmpty(body["tools"]) || isNotEmpty(body["functions"]);
  const hasJsonSchema = (body["response_format"] as { type?: unknown } | null)?.type === "json_schema";
  const maxOutputTokens = outputLimit(body);
  return {
    router,
    input: { case: "conversation", value: { messages, hasTools, hasJsonSchema } },
    ...(options.tolerance === undefined ? {} : { tolerance: options.tolerance }),
    candidates: options.candidates ?? [],
    constraints: {
      needsTools: hasTools,
      needsJsonSchema: hasJsonSchema,
      needsVision: hasImage(messages),
    },
    sessionId: options.session ?? "",
    tenant: options.tenant ?? "",
    ...(maxOutputTokens === undefined ? {} : { maxOutputTokens }),
  };
}

function isNotEmpty(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0;
}
