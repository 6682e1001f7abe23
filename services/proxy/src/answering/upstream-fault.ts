import { notConnected } from "../domain/attempt.ts";

/** The upstream failed. The message goes to callers, logs and events, so it never quotes the upstream or a key. */
export class UpstreamFault extends Error {}

/** Codes of errors that come before anything was sent. */
const connectErrors =
  /^(?:ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|UND_ERR_CONNECT_TIMEOUT|UND_ERR_INVALID_ARG|ERR_TLS_.+|CERT_.+|.+_CERT.*|.+_SELF_SIGNED_.+)$/;

/**
 * An error of the transport as a fault, told by its code only: its text may hold header values.
 *
 * @throws the error itself when it has no code: that is a bug of ours, not a fault upstream.
 */
export function toFault(error: unknown): UpstreamFault {
  if (error instanceof UpstreamFault) return error;
  const code = codeOf(error) ?? codeOf((error as { cause?: unknown }).cause);
  if (code === undefined) throw error;
  return new UpstreamFault(
    connectErrors.test(code) ? `${notConnected}: ${code}` : `connection lost: ${code}`,
  );
}

function codeOf(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | undefined)?.code;
  return typeof code === "string" ? code : undefined;
}
