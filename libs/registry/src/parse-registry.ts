import { create, fromJson, type JsonValue } from "@bufbuild/protobuf";
import { IprError } from "@ipr/errors";
import { validate } from "@ipr/grpc";
import { type Registry, RegistrySchema } from "@ipr/proto";
import { type Document, isNode, LineCounter, parseDocument } from "yaml";
import { checkRegistry } from "./check-registry.ts";
import { badFile, type Path, type Problem } from "./problem.ts";
import { toProtoJson } from "./to-proto-json.ts";

/** The largest registry file that is read: also what fits one entry of the store. */
export const maxRegistryBytes = 900_000;
/** YAML aliases are followed this often, so that a small file cannot unfold into a huge one. */
const maxAliasCount = 100;

/**
 * Reads a registry file: the protobuf JSON mapping of `ipr.v1.Registry`, as YAML, with short enum names.
 *
 * @throws IprError BAD_CONFIG that lists every problem with file, line, path, value and what would be right.
 */
export function parseRegistry(yamlText: string, fileName: string): Registry {
  const { value, lineOf } = parseYaml(yamlText, fileName);
  const problems: Problem[] = [];
  const json = toProtoJson(RegistrySchema, value, [], problems);
  if (problems.length > 0) throw badFile(fileName, problems, lineOf);
  const registry = fromJson(RegistrySchema, json ?? {});
  if (registry.candidates.length === 0) {
    problems.push({ path: ["candidates"], text: "is empty, but there must be at least one candidate" });
  }
  problems.push(...brokenConstraints(registry));
  if (problems.length === 0) problems.push(...checkRegistry(registry));
  if (problems.length > 0) throw badFile(fileName, problems, lineOf);
  return registry;
}

interface Yaml {
  readonly value: unknown;
  readonly lineOf: (path: Path) => number | undefined;
}

export function parseYaml(text: string, fileName: string): Yaml {
  if (Buffer.byteLength(text) > maxRegistryBytes) {
    throw badFile(fileName, [{ path: [], text: `is larger than ${maxRegistryBytes} bytes` }]);
  }
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter, prettyErrors: false });
  const [error] = document.errors;
  if (error) {
    const { line } = lineCounter.linePos(error.pos[0]);
    throw badFile(fileName, [{ path: [], text: `is not YAML: ${error.message}` }], () => line);
  }
  const value: unknown = document.toJS({ maxAliasCount }) ?? {};
  return { value, lineOf: (path) => lineOf(document, lineCounter, path) };
}

/** The line of the value at the path, or of the nearest thing around it. */
function lineOf(document: Document, lineCounter: LineCounter, path: Path): number | undefined {
  for (let length = path.length; length > 0; length--) {
    const node = document.getIn(path.slice(0, length), true);
    if (isNode(node) && node.range) return lineCounter.linePos(node.range[0]).line;
  }
  return undefined;
}

/** The contract's own constraints, as problems of the file. */
function brokenConstraints(registry: Registry): Problem[] {
  try {
    validate(RegistrySchema, create(RegistrySchema, registry));
    return [];
  } catch (error) {
    if (!(error instanceof IprError) || error.violations.length === 0) throw error;
    return error.violations.map(({ field, description }) => {
      const path = filePath(field);
      return { path, text: `is ${JSON.stringify(valueAt(registry, path))}, but ${description}` };
    });
  }
}

/** `candidates[0].base_url` as a path of the file, where names are in camel case. */
function filePath(field: string): Path {
  return Array.from(field.matchAll(/[^.[\]]+/g), ([part]) =>
    /^\d+$/.test(part)
      ? Number(part)
      : part.replaceAll(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase()),
  );
}

function valueAt(root: unknown, path: Path): JsonValue | undefined {
  let value = root;
  for (const part of path) value = (value as Record<string | number, unknown> | undefined)?.[part];
  return value as JsonValue | undefined;
}
