import { invalidField } from "@ipr/errors";
import { z } from "zod";
import { withMembers } from "../domain/json-members.ts";
import type { JsonBody } from "./json-body.ts";

/** As many messages as the contract takes. */
const maxMessages = 4096;
/** As many choices as OpenAI gives. */
const maxChoices = 128;
/** As much of a wrong value as an error repeats. */
const maxShownCharacters = 80;

/** What a caller may say to the router, in the body's `ipr` field or in `x-ipr-*` headers. */
const RoutingOptions = z.strictObject({
  tolerance: z.number("must be a number").min(0, outOfRange()).max(1, outOfRange()).optional(),
  session: z.string("must be a string").max(256, "must have at most 256 characters").optional(),
  tenant: z
    .string("must be a string")
    .max(128, "must have at most 128 characters")
    .regex(/^[A-Za-z0-9_-]*$/, "must be made of letters, digits, _ and -")
    .optional(),
  candidates: z
    .array(z.string("must be a candidate's name").min(1).max(128), "must be a list of candidates' names")
    .min(1, "must name a candidate, or be left out to allow all")
    .max(64, "must name at most 64 candidates")
    .refine((names) => new Set(names).size === names.length, "must not name a candidate twice")
    .optional(),
  explain: z.boolean("must be true or false").optional(),
});
export type RoutingOptions = z.infer<typeof RoutingOptions>;

function outOfRange(): string {
  return "must be between 0 and 1 (a share, not percent)";
}

/** A chat completion request, read as far as we need to and not further: the rest is the upstream's to judge. */
export interface ChatRequest {
  /** What the caller named: `ipr/<router>` or a candidate. */
  readonly model: string;
  readonly messages: readonly Readonly<Record<string, unknown>>[];
  readonly isStream: boolean;
  /** The caller asked for the usage chunk of a stream himself. */
  readonly wantsUsage: boolean;
  readonly choices: number;
  readonly options: RoutingOptions;
  readonly body: Readonly<Record<string, unknown>>;
  /** The body for an upstream that knows the model by this name: every other byte as it came. */
  textFor(upstreamModel: string): string;
}

type Headers = Readonly<Record<string, string | string[] | undefined>>;

/** @throws IprError INVALID_FIELD that names the field. */
export function parseChatRequest({ members, value }: JsonBody, headers: Headers): ChatRequest {
  const { model, stream, stream_options: streamOptions, n } = value;
  if (typeof model !== "string" || model === "") {
    throw invalidField("model", 'must be given: "ipr/<router>" to let a router choose, or a candidate');
  }
  if (stream !== undefined && stream !== null && typeof stream !== "boolean") {
    throw invalidField("stream", "must be true or false");
  }
  const isStream = stream === true;
  const wantsUsage = isObject(streamOptions) && streamOptions["include_usage"] === true;
  const changes = new Map<string, string | undefined>([["ipr", undefined]]);
  if (isStream && !wantsUsage) {
    const options = isObject(streamOptions) ? streamOptions : {};
    changes.set("stream_options", JSON.stringify({ ...options, include_usage: true }));
  }
  return {
    model,
    messages: parseMessages(value["messages"]),
    isStream,
    wantsUsage,
    choices: parseChoices(n),
    options: parseOptions(value["ipr"], headers),
    body: value,
    textFor: (upstreamModel) =>
      withMembers(members, new Map([...changes, ["model", JSON.stringify(upstreamModel)]])),
  };
}

function parseMessages(messages: unknown): Record<string, unknown>[] {
  if (!Array.isArray(messages) || messages.length === 0) {
    throw invalidField("messages", "must be a list of at least one message");
  }
  if (messages.length > maxMessages) {
    throw invalidField("messages", `must be at most ${maxMessages} messages, not ${messages.length}`);
  }
  const odd = messages.findIndex((message) => !isObject(message));
  if (odd >= 0) throw invalidField(`messages[${odd}]`, "must be an object with role and content");
  return messages as Record<string, unknown>[];
}

function parseChoices(n: unknown): number {
  if (n === undefined || n === null) return 1;
  if (Number.isInteger(n) && (n as number) >= 1 && (n as number) <= maxChoices) return n as number;
  throw invalidField("n", `must be a whole number from 1 to ${maxChoices}`);
}

/** The `ipr` field goes before a header of the same meaning: it is nearer to the request. */
function parseOptions(field: unknown, headers: Headers): RoutingOptions {
  if (field !== undefined && field !== null && !isObject(field)) {
    throw invalidField("ipr", "must be an object, such as {tolerance: 0.1}");
  }
  const fromHeaders = optionsOfHeaders(headers);
  const given = { ...fromHeaders, ...field };
  if (Object.keys(given).length === 0) return {};
  const parsed = RoutingOptions.safeParse(given);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const unknown = issue?.code === "unrecognized_keys" ? issue.keys[0] : undefined;
  const name = String(unknown ?? issue?.path[0]);
  const isHeader = name in fromHeaders && !(field && name in field);
  throw invalidField(
    isHeader ? `x-ipr-${name}` : `ipr.${name}`,
    unknown === undefined
      ? `${issue?.message}, not ${shown(given[name as keyof typeof given])}`
      : `is no option; known: ${Object.keys(RoutingOptions.shape).join(", ")}`,
  );
}

function shown(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length <= maxShownCharacters ? text : `${text.slice(0, maxShownCharacters)}...`;
}

function optionsOfHeaders(headers: Headers): Record<string, unknown> {
  const options: Record<string, unknown> = {};
  for (const name of ["tolerance", "session", "tenant", "candidates"]) {
    const text = headers[`x-ipr-${name}`];
    if (typeof text !== "string" || text === "") continue;
    // What is no number stays text, so that the error can show it.
    if (name === "tolerance") options[name] = Number.isNaN(Number(text)) ? text : Number(text);
    else if (name === "candidates") options[name] = text.split(",").map((item) => item.trim());
    else options[name] = text;
  }
  return options;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
