import type { IprError } from "@ipr/errors";

/** An error body as OpenAI writes it. */
export interface OpenAiErrorBody {
  readonly error: {
    readonly message: string;
    readonly type: string;
    readonly param: string | null;
    readonly code: string | null;
  };
}

export interface HttpError {
  readonly status: number;
  readonly body: OpenAiErrorBody;
  /** When a retry makes sense, for the Retry-After header. */
  readonly retryAfterMs: number | undefined;
}

/** What clients of OpenAI's branch on: HTTP status and type. The code is the reason in lower case unless named here. */
interface Row {
  readonly status: number;
  readonly type: "invalid_request_error" | "server_error" | "upstream_error";
  readonly code?: string;
}

const caller = (status: number, code?: string): Row => ({
  status,
  type: "invalid_request_error",
  ...(code === undefined ? {} : { code }),
});
const server = (status: number): Row => ({ status, type: "server_error" });

/** The one place where an error becomes a status. A reason that is missing here does not compile. */
const rows: Readonly<Record<IprError["reason"], Row>> = {
  INVALID_FIELD: caller(400),
  UNKNOWN_ROUTER: caller(404, "model_not_found"),
  UNKNOWN_CANDIDATE: caller(404, "model_not_found"),
  NO_CANDIDATE_FITS: caller(400),
  TARGET_UNREACHABLE: caller(400),
  FEEDBACK_CONFLICT: caller(409),
  REVISION_CONFLICT: caller(409),
  IN_USE: caller(409),
  TOO_LARGE: caller(413),
  UNKNOWN_CALIBRATION: caller(404),
  UNKNOWN_BUNDLE: caller(404),
  // 503 tells OpenAI's clients to try again, as OVERLOADED with its Retry-After means it.
  OVERLOADED: server(503),
  NEIGHBOUR_DOWN: server(503),
  EVENTS_UNAVAILABLE: server(503),
  DEADLINE: server(504),
  UPSTREAM_FAILED: { status: 502, type: "upstream_error" },
  BAD_BUNDLE: server(500),
  WRONG_ENCODER: server(500),
  BAD_DATA: server(500),
  BAD_CONFIG: server(500),
  INTERNAL: server(500),
};

export function toHttpError(error: IprError): HttpError {
  const row = rows[error.reason];
  // Every upstream is busy and says until when: that is "later", not "broken".
  const isLater = error.reason === "UPSTREAM_FAILED" && error.retryAfterMs !== undefined;
  return {
    status: isLater ? 503 : row.status,
    body: errorBody({
      message: error.message,
      type: row.type,
      param: paramOf(error),
      code: row.code ?? error.reason.toLowerCase(),
    }),
    retryAfterMs: error.retryAfterMs,
  };
}

export function errorBody(error: OpenAiErrorBody["error"]): OpenAiErrorBody {
  return { error };
}

/** An error of HTTP itself, before anything of ours is asked. */
export function protocolError(status: number, code: string, message: string): HttpError {
  const error = { message, type: "invalid_request_error", param: null, code };
  return { status, body: errorBody(error), retryAfterMs: undefined };
}

/** Contract fields by the name they have on this wire. */
const wireNames: readonly (readonly [RegExp, string])[] = [
  [/^conversation\.messages/, "messages"],
  [/^(messages\[\d+\])\.text$/, "$1.content"],
  [/^router$/, "model"],
  [/^tolerance$/, "ipr.tolerance"],
  [/^candidates/, "ipr.candidates"],
  [/^session_id$/, "ipr.session"],
  [/^tenant$/, "ipr.tenant"],
  [/^max_output_tokens$/, "max_completion_tokens"],
  [/^decision_id$/, "decisionId"],
];

function paramOf(error: IprError): string | null {
  const field = error.violations[0]?.field;
  if (field === undefined) return error.reason.startsWith("UNKNOWN_") ? "model" : null;
  return wireNames.reduce((name, [contract, wire]) => name.replace(contract, wire), field);
}
