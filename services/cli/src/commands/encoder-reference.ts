import { resolveReference } from "@ipr/encoders";
import { messageOf } from "@ipr/errors";
import { shipped } from "@ipr/standalone";
import { InvalidArgumentError } from "commander";

/** An encoder's directory, from a directory or the name of a shipped one, with `@sha256:<digest>` kept. */
export function encoderReference(text: string): string {
  try {
    return resolveReference(text, shipped.encoders);
  } catch (error) {
    throw new InvalidArgumentError(messageOf(error));
  }
}
