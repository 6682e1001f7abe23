import { IprError, status } from "@ipr/errors";
import { z } from "zod";

export type ConfigSchema = z.ZodObject<Record<string, z.ZodType>>;
export type Environment = Readonly<Record<string, string | undefined>>;

/** One setting as people meet it: the table of `--help`, of the service's README and of the chart's values. */
export interface Setting {
  readonly field: string;
  readonly variable: string;
  readonly type: string;
  readonly defaultValue: unknown;
  readonly description: string;
}

/** Stands for the service's name in the settings that every service has: `IPR_LOG_LEVEL`. */
export const everyService = "";

/** The settings of a schema. The variable of `timeoutMs` of service `policy` is `IPR_POLICY_TIMEOUT_MS`. */
export function settingsOf(service: string, schema: ConfigSchema): Setting[] {
  const { properties = {} } = z.toJSONSchema(schema, { io: "input", unrepresentable: "any" });
  return Object.entries(properties).map(([field, property]) => {
    const json = typeof property === "object" ? property : {};
    return {
      field,
      variable: variableOf(service, field),
      type: json.enum ? json.enum.join(" | ") : String(json.type ?? "string"),
      defaultValue: json.default,
      description: json.description ?? "",
    };
  });
}

export function variableOf(service: string, field: string): string {
  const snake = field.replaceAll(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
  return service === everyService ? `IPR_${snake}` : `IPR_${service.toUpperCase()}_${snake}`;
}

/**
 * Reads a service's settings from the environment.
 *
 * @throws IprError BAD_CONFIG that lists every problem: the variable, its value, and what would be right.
 */
export function parseConfig<S extends ConfigSchema>(
  service: string,
  schema: S,
  environment: Environment,
): z.infer<S> {
  const input: Record<string, unknown> = {};
  for (const { field, variable, type } of settingsOf(service, schema)) {
    const text = environment[variable];
    if (text !== undefined && text !== "") input[field] = typedValue(text, type);
  }
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  const problems = result.error.issues.map(({ path, message }) => {
    const field = String(path[0]);
    const given = input[field] === undefined ? "is not set" : `is ${JSON.stringify(input[field])}`;
    return `${variableOf(service, field)} ${given}: ${message}`;
  });
  throw new IprError(status.INVALID_ARGUMENT, "BAD_CONFIG", problems.join("\n"), {
    metadata: { setting: String(result.error.issues[0]?.path[0]) },
  });
}

/** Text as the type the schema wants; text that is not of the type is left for the schema to refuse. */
function typedValue(text: string, type: string): unknown {
  if (type === "number" || type === "integer") return Number.isNaN(Number(text)) ? text : Number(text);
  if (type === "boolean") return text === "true" ? true : text === "false" ? false : text;
  if (type === "array") return text.split(",").map((item) => item.trim());
  return text;
}
