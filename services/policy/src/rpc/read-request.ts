import { invalidField, IprError, status } from "@ipr/errors";
import type { Candidate, Router, RouteRequest } from "@ipr/proto";
import type { RegistryView } from "@ipr/registry";
import { type Conversation, singlePrompt } from "../domain/conversation.ts";
import { fromRole } from "./translate.ts";

const defaultRouter = "default";
/** All texts of a conversation together, in UTF-8. */
const maxConversationBytes = 4 * 1024 * 1024;
/** No UTF-16 code unit takes more than this in UTF-8: a shorter text need not be measured. */
const maxBytesPerCodeUnit = 3;

/** What the request names, found in the registry. */
export interface Selection {
  readonly router: Router;
  /** Those considered, in the router's order. */
  readonly candidates: readonly Candidate[];
  readonly reference: Candidate;
}

/** @throws IprError NOT_FOUND with the known names. */
export function selectCandidates(view: RegistryView, request: RouteRequest): Selection {
  const { routers } = view.registry;
  const [only] = routers.length === 1 ? routers : [];
  const name = request.router || defaultRouter;
  const router = view.router(name) ?? (request.router === "" ? only : undefined);
  if (!router) {
    const known = routers.map((router) => router.name);
    throw new IprError(
      status.NOT_FOUND,
      "UNKNOWN_ROUTER",
      `no router is called "${name}"; known: ${known.join(", ") || "none"}`,
      {
        metadata: { router: name, known: known.join(",") },
      },
    );
  }
  const wrong = request.candidates.find((asked) => !router.candidates.includes(asked));
  if (wrong !== undefined) throw unknownCandidate(wrong, router);
  const asked = new Set(request.candidates);
  const names = router.candidates.filter((candidate) => asked.size === 0 || asked.has(candidate));
  return {
    router,
    candidates: names.map((candidate) => candidateOf(view, candidate, router)),
    reference: candidateOf(view, router.reference, router),
  };
}

function candidateOf(view: RegistryView, name: string, router: Router): Candidate {
  const candidate = view.candidate(name);
  if (!candidate) throw unknownCandidate(name, router);
  return candidate;
}

function unknownCandidate(candidate: string, router: Router): IprError {
  const { candidates: known } = router;
  return new IprError(
    status.NOT_FOUND,
    "UNKNOWN_CANDIDATE",
    `router "${router.name}" has no candidate "${candidate}"; known: ${known.join(", ")}`,
    { metadata: { candidate, known: known.join(",") } },
  );
}

/** @throws IprError INVALID_FIELD when there is nothing to answer, or too much. */
export function readConversation({ input }: RouteRequest): Conversation {
  if (input.case === "prompt") return singlePrompt(input.value);
  if (input.case === undefined) throw invalidField("input", "give a prompt or a conversation");
  const { messages, hasTools, hasJsonSchema } = input.value;
  const turns = messages.map(({ role, text, mediaTypes }) => ({ speaker: fromRole(role), text, mediaTypes }));
  const codeUnits = turns.reduce((sum, { text }) => sum + text.length, 0);
  if (codeUnits === 0 && turns.every(({ mediaTypes }) => mediaTypes.length === 0)) {
    throw invalidField("conversation.messages", "have neither text nor content: there is nothing to answer");
  }
  if (codeUnits * maxBytesPerCodeUnit > maxConversationBytes) {
    const bytes = turns.reduce((sum, { text }) => sum + Buffer.byteLength(text), 0);
    if (bytes > maxConversationBytes) {
      const text = `have ${bytes} bytes of text together, but at most ${maxConversationBytes} are taken`;
      throw invalidField("conversation.messages", text);
    }
  }
  return { turns, hasTools, hasJsonSchema };
}
