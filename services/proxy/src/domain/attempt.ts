import { costUsd, type TokenPrice } from "./cost.ts";
import type { TokenUsage } from "./usage.ts";

/** One upstream call, as it ended. */
export interface AttemptRecord {
  readonly candidate: string;
  readonly endpoint: string;
  /** 0 when no answer came. */
  readonly httpStatus: number;
  /** Empty when nothing went wrong. Never holds text of the upstream's: that may quote the prompt or the key. */
  readonly error: string;
  readonly firstByteMs: number | undefined;
  readonly durationMs: number;
  readonly usage: TokenUsage | undefined;
}

/** Whose matter a response status is. */
export type StatusMeaning =
  /** An answer. */
  | "answer"
  /** The endpoint's: broken, busy, or it refuses our key or does not know our model. The next may answer. */
  | "endpoint"
  /** The caller's: it goes back as it is, since no other endpoint would make the request right. */
  | "caller";

// Those of the 4xx that the caller's request cannot cause: it has neither the key (401, 402) nor the address (404,
// 405, 407), and 408, 409, 425 and 429 pass by themselves.
const endpointStatuses: ReadonlySet<number> = new Set([401, 402, 404, 405, 407, 408, 409, 425, 429]);

export function meaningOfStatus(httpStatus: number): StatusMeaning {
  if (httpStatus >= 200 && httpStatus < 300) return "answer";
  if (httpStatus >= 400 && httpStatus < 500 && !endpointStatuses.has(httpStatus)) return "caller";
  return "endpoint";
}

/**
 * What an attempt cost. A refusal and a connection that never was are billed by nobody; anything that may have reached
 * the model and did not say what it used is unknown.
 */
export function attemptCostUsd(attempt: AttemptRecord, price: TokenPrice | undefined): number | undefined {
  if (attempt.usage) return costUsd(attempt.usage, price);
  return wasFree(attempt) ? 0 : undefined;
}

/** Whether nobody bills the attempt: it was refused, or never reached the model. */
export function wasFree({ httpStatus, error }: AttemptRecord): boolean {
  return httpStatus >= 300 || error.startsWith(notConnected);
}

/** How the error of an attempt begins that never reached the upstream. */
export const notConnected = "not connected";
