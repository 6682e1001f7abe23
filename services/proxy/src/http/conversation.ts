import { IprError, invalidField, status } from "@ipr/errors";
import { Role } from "@ipr/proto";

/** As much text as the contract takes, all messages together. */
const maxTextBytes = 4 * 1024 * 1024;
/** As many attachments of one message as the contract takes. */
const maxMediaTypes = 256;

const roles: Readonly<Record<string, Role>> = {
  system: Role.SYSTEM,
  developer: Role.SYSTEM,
  user: Role.USER,
  assistant: Role.ASSISTANT,
  tool: Role.TOOL,
  function: Role.TOOL,
};

export interface Turn {
  readonly role: Role;
  readonly text: string;
  readonly mediaTypes: string[];
}

type Json = Readonly<Record<string, unknown>>;

/**
 * OpenAI's messages as the router reads them: who speaks, the text, and the types of what is attached.
 *
 * @throws IprError INVALID_FIELD for a role nobody knows or messages that say nothing, TOO_LARGE for too much text.
 */
export function toConversation(messages: readonly Json[]): Turn[] {
  const turns = messages.map(toTurn);
  const textBytes = turns.reduce((sum, { text }) => sum + Buffer.byteLength(text), 0);
  if (textBytes > maxTextBytes) {
    throw new IprError(
      status.RESOURCE_EXHAUSTED,
      "TOO_LARGE",
      `messages: ${textBytes} bytes of text, but at most ${maxTextBytes} (4 MiB) can be routed`,
      {
        metadata: { limit: String(maxTextBytes) },
        violations: [{ field: "messages", description: "too large" }],
      },
    );
  }
  if (turns.every(({ text, mediaTypes }) => text.trim() === "" && mediaTypes.length === 0)) {
    throw invalidField("messages", "must say something: every message is empty");
  }
  return turns;
}

export function hasImage(turns: readonly Turn[]): boolean {
  return turns.some(({ mediaTypes }) => mediaTypes.some((type) => type.startsWith("image/")));
}

function toTurn(message: Json, index: number): Turn {
  const role = roles[String(message["role"])];
  if (role === undefined) {
    throw invalidField(`messages[${index}].role`, `must be one of ${Object.keys(roles).join(", ")}`);
  }
  const { content } = message;
  if (typeof content === "string") return { role, text: content, mediaTypes: [] };
  const parts: Json[] = Array.isArray(content) ? content.filter(isObject) : [];
  const mediaTypes = parts.map(mediaTypeOf).filter((type) => type !== undefined);
  return {
    role,
    text: parts.map(textOf).join(""),
    mediaTypes: [...new Set(mediaTypes)].slice(0, maxMediaTypes),
  };
}

function textOf({ text, refusal }: Json): string {
  if (typeof text === "string") return text;
  return typeof refusal === "string" ? refusal : "";
}

/** The type of an attachment, as precisely as the request tells. */
function mediaTypeOf(part: Json): string | undefined {
  switch (part["type"]) {
    case "image_url":
      return ofDataUrl(member(part, "image_url", "url")) ?? "image/*";
    case "input_audio":
      return ofAudioFormat(member(part, "input_audio", "format"));
    case "file":
      return ofDataUrl(member(part, "file", "file_data")) ?? "application/octet-stream";
    default:
      return undefined;
  }
}

function ofAudioFormat(format: unknown): string {
  return typeof format === "string" && /^[\w.+-]{1,63}$/.test(format) ? `audio/${format}` : "audio/*";
}

function ofDataUrl(url: unknown): string | undefined {
  return typeof url === "string" ? /^data:([\w.+-]{1,64}\/[\w.+-]{1,63})[;,]/.exec(url)?.[1] : undefined;
}

function member(part: Json, name: string, inner: string): unknown {
  const value = part[name];
  return isObject(value) ? value[inner] : undefined;
}

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null;
}
