import { IprError, status } from "@ipr/errors";
import type { Encoder } from "@ipr/estimator";

/** Why the stand-in answered: the encoder took too long, had a full queue, or failed. */
export type StandInReason = "late" | "full" | "failed";

export interface StandIn {
  readonly encoder: Encoder;
  /** How long the encoder may take before the stand-in answers, in milliseconds. */
  readonly afterMs: number;
}

export interface EncodedText {
  /** The id of the encoder that made the vector. */
  readonly encoder: string;
  readonly vector: Float32Array;
}

/** What is encoded and by whom, as the caller sees it: a vector, or an error when there is nobody to stand in. */
export type EncodeText = (text: string, signal: AbortSignal) => Promise<EncodedText>;

export interface EncodeOptions {
  readonly encoder: Encoder;
  readonly standIn: StandIn | undefined;
  /** How many texts the encoder may have at once, waiting ones included; one more is refused. */
  readonly maxInFlight: number;
  readonly onShed: () => void;
  readonly onStandIn: (reason: StandInReason, error: unknown) => void;
}

export function createEncodeText(options: EncodeOptions): EncodeText {
  const { encoder, standIn, maxInFlight, onShed, onStandIn } = options;
  let inFlight = 0;

  const encode: EncodeText = async (text, signal) => {
    if (inFlight >= maxInFlight) {
      onShed();
      throw overloaded(maxInFlight);
    }
    inFlight += 1;
    try {
      return { encoder: encoder.id, vector: await encoder.encode(text, { signal }) };
    } finally {
      inFlight -= 1;
    }
  };
  if (standIn === undefined) return encode;

  return async (text, signal) => {
    const patience = new AbortController();
    const late = new IprError(
      status.DEADLINE_EXCEEDED,
      "DEADLINE",
      `the encoder took more than ${standIn.afterMs} ms`,
    );
    const timer = setTimeout(() => patience.abort(late), standIn.afterMs);
    try {
      return await encode(text, AbortSignal.any([signal, patience.signal]));
    } catch (error) {
      if (signal.aborted) throw error;
      onStandIn(reasonOf(error, late), error);
      const vector = await standIn.encoder.encode(text, { signal });
      return { encoder: standIn.encoder.id, vector };
    } finally {
      clearTimeout(timer);
    }
  };
}

function reasonOf(error: unknown, late: IprError): StandInReason {
  if (error === late) return "late";
  return error instanceof IprError && error.reason === "OVERLOADED" ? "full" : "failed";
}

function overloaded(limit: number): IprError {
  return new IprError(status.RESOURCE_EXHAUSTED, "OVERLOADED", `${limit} texts are being encoded already`, {
    metadata: { queue: "encode", limit: String(limit) },
    retryAfterMs: 100,
  });
}
