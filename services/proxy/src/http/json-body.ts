import { IprError, invalidField, status } from "@ipr/errors";
import { type JsonMember, membersOf, TooDeep } from "../domain/json-members.ts";

/** How deep a body may nest. JSON schemas of tools are the deepest thing that is sent in earnest. */
const maxDepth = 128;

/** A JSON object as it came. */
export interface JsonBody {
  readonly members: readonly JsonMember[];
  readonly value: Readonly<Record<string, unknown>>;
}

/**
 * Reads a request body.
 *
 * @throws IprError INVALID_FIELD that says where the JSON is broken.
 */
export function parseJsonBody(bytes: Uint8Array): JsonBody {
  const text = decode(bytes);
  const members = scan(text);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw invalidField("body", `must be JSON: ${(error as SyntaxError).message}`);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw invalidField("body", "must be a JSON object");
  }
  return { members, value: value as Record<string, unknown> };
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw invalidField("body", "must be UTF-8");
  }
}

function scan(text: string): JsonMember[] {
  try {
    return membersOf(text, maxDepth);
  } catch (error) {
    if (!(error instanceof TooDeep)) throw error;
    throw new IprError(
      status.INVALID_ARGUMENT,
      "INVALID_FIELD",
      `body: nests deeper than ${maxDepth} levels`,
      { violations: [{ field: "body", description: `nests deeper than ${maxDepth} levels` }] },
    );
  }
}
