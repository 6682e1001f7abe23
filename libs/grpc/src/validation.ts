import type { DescMessage, Message } from "@bufbuild/protobuf";
import { createValidator } from "@bufbuild/protovalidate";
import { IprError, status } from "@ipr/errors";

/** At most this many broken constraints are reported at once. */
const maxViolations = 20;

const validator = createValidator();

/**
 * Checks a message against the constraints in the contract.
 *
 * @throws IprError INVALID_ARGUMENT / INVALID_FIELD that names every broken field (at most 20).
 */
export function validate(schema: DescMessage, message: Message): void {
  const result = validator.validate(schema, message);
  if (result.kind === "valid") return;
  if (result.kind === "error") {
    throw new IprError(status.INTERNAL, "INTERNAL", "the contract's constraints could not be checked", {
      cause: result.error,
    });
  }
  const violations = result.violations.slice(0, maxViolations).map((violation) => ({
    field: violation.field.map(pathPart).join("").replace(/^\./, "") || schema.name,
    description: violation.message.replace(/^must be at least 1 characters$/, "must not be empty"),
  }));
  const text = violations.map(({ field, description }) => `${field}: ${description}`).join("; ");
  throw new IprError(status.INVALID_ARGUMENT, "INVALID_FIELD", text, { violations });
}

type PathPart = { kind: string; name?: string; index?: number; key?: unknown };

function pathPart(part: PathPart): string {
  if (part.kind === "list_sub") return `[${part.index}]`;
  if (part.kind === "map_sub") return `[${JSON.stringify(part.key)}]`;
  return `.${part.name}`;
}
