import {
  type DescEnum,
  type DescField,
  type DescMessage,
  type JsonValue,
  ScalarType,
} from "@bufbuild/protobuf";
import { didYouMean } from "./nearest.ts";
import type { Path, Problem } from "./problem.ts";

/**
 * Turns what a person wrote into the protobuf JSON mapping of `message`: enum values may be short (`openai` for
 * `PROTOCOL_OPENAI`), and everything that the mapping would refuse or drop is reported with its path instead.
 */
export function toProtoJson(
  message: DescMessage,
  value: unknown,
  path: Path,
  problems: Problem[],
): JsonValue | undefined {
  if (!isMapping(value)) {
    problems.push({
      path,
      text: `is ${show(value)}, but must be a mapping of ${fieldNames(message).join(", ")}`,
    });
    return undefined;
  }
  const result: Record<string, JsonValue> = {};
  for (const [key, inner] of Object.entries(value)) {
    const field = message.fields.find(({ jsonName }) => jsonName === key);
    if (!field) problems.push({ path: [...path, key], text: unknownKey(key, message) });
    else if (inner !== null && inner !== undefined) {
      const json = fieldJson(field, inner, [...path, key], problems);
      if (json !== undefined) result[key] = json;
    }
  }
  return result;
}

function fieldJson(field: DescField, value: unknown, path: Path, problems: Problem[]): JsonValue | undefined {
  switch (field.fieldKind) {
    case "message":
      return toProtoJson(field.message, value, path, problems);
    case "enum":
      return enumJson(field.enum, value, path, problems);
    case "scalar":
      return scalarJson(field.scalar, value, path, problems);
    case "list":
      return listJson(field, value, path, problems);
    case "map":
      throw new TypeError(`${field.name}: maps are not part of the registry's contract`);
    default:
      return field satisfies never;
  }
}

function listJson(
  field: DescField & { fieldKind: "list" },
  value: unknown,
  path: Path,
  problems: Problem[],
): JsonValue | undefined {
  if (!Array.isArray(value)) {
    problems.push({ path, text: `is ${show(value)}, but must be a list` });
    return undefined;
  }
  return value.flatMap((item: unknown, index) => {
    const itemPath = [...path, index];
    const json =
      field.listKind === "message"
        ? toProtoJson(field.message, item, itemPath, problems)
        : field.listKind === "enum"
          ? enumJson(field.enum, item, itemPath, problems)
          : scalarJson(field.scalar, item, itemPath, problems);
    return json === undefined ? [] : [json];
  });
}

/** `dynamic_max`, `DYNAMIC_MAX` and `GATE_DYNAMIC_MAX` are the same value. */
function enumJson(
  description: DescEnum,
  value: unknown,
  path: Path,
  problems: Problem[],
): JsonValue | undefined {
  const prefix = description.sharedPrefix?.toUpperCase() ?? "";
  const shortNames = description.values
    .filter(({ number }) => number !== 0)
    .map(({ name }) => name.slice(prefix.length).toLowerCase());
  const given = typeof value === "string" ? value.toUpperCase() : "";
  const found = description.values.find(({ name }) => name === given || name === prefix + given);
  if (found && found.number !== 0) return found.name;
  const hint = typeof value === "string" ? didYouMean(value, shortNames) : "";
  problems.push({ path, text: `is ${show(value)}, but must be one of ${shortNames.join(", ")}${hint}` });
  return undefined;
}

function scalarJson(
  type: ScalarType,
  value: unknown,
  path: Path,
  problems: Problem[],
): JsonValue | undefined {
  const { what, accepts } = scalarRule(type);
  if (accepts(value)) return value as JsonValue;
  problems.push({ path, text: `is ${show(value)}, but must be ${what}` });
  return undefined;
}

function scalarRule(type: ScalarType): { what: string; accepts: (value: unknown) => boolean } {
  switch (type) {
    case ScalarType.STRING:
      return { what: "a text (in quotes if it looks like a number or a date)", accepts: isString };
    case ScalarType.BOOL:
      return { what: "true or false", accepts: (value) => typeof value === "boolean" };
    case ScalarType.DOUBLE:
      return { what: "a finite number", accepts: Number.isFinite };
    case ScalarType.UINT32:
      return { what: "a whole number from 0 to 4294967295", accepts: isUint32 };
    default:
      throw new TypeError(`scalar ${ScalarType[type]} is not part of the registry's contract`);
  }
}

function isString(value: unknown): boolean {
  return typeof value === "string";
}

function isUint32(value: unknown): boolean {
  return Number.isInteger(value) && Number(value) >= 0 && Number(value) <= 0xffff_ffff;
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function unknownKey(key: string, message: DescMessage): string {
  const names = fieldNames(message);
  return `is not known here${didYouMean(key, names)}; known: ${names.join(", ")}`;
}

function fieldNames(message: DescMessage): string[] {
  return message.fields.map(({ jsonName }) => jsonName);
}

/** A value as it stands in an error, cut to what a person reads. */
function show(value: unknown): string {
  const text = JSON.stringify(value) ?? "missing";
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
