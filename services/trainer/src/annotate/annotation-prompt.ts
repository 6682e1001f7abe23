import { createHash } from "node:crypto";
import { z } from "zod";
import { badData } from "../data/bad-data.ts";
import { splits } from "../data/labelled-prompt.ts";
import { parseJson } from "../data/parse-json.ts";
import { readLines } from "../data/read-lines.ts";

/** More prompts than this do not fit into one run's memory. */
const maxPrompts = 1_000_000;

const part = z.looseObject({ type: z.string(), text: z.string().optional() });
const message = z.looseObject({
  role: z.string(),
  content: z.union([z.string(), z.array(part), z.null()]).optional(),
});
export type Message = z.infer<typeof message>;

const referenceText = z.union([z.string().min(1), z.number().transform(String)]);
const row = z.looseObject({
  id: z.union([z.string().min(1), z.number()]),
  source: z.string().nullish(),
  prompt: z.string().nullish(),
  messages: z.array(message).nullish(),
  reference: z.union([referenceText, z.array(referenceText).min(1)]).nullish(),
  split: z.enum(splits).nullish(),
});

/** A prompt that is to be labelled. */
export interface AnnotationPrompt {
  readonly id: string;
  /** Of the file it was read from. */
  readonly line: number;
  readonly source: string | undefined;
  /** The prompt as the file gives it: one of the two. */
  readonly prompt: string | undefined;
  readonly messages: readonly Message[] | undefined;
  /** Answers that are right; any of them will do. Empty when the file gives none. */
  readonly references: readonly string[];
  readonly split: (typeof splits)[number] | undefined;
}

/** What goes to a candidate. */
export function messagesOf({ prompt, messages }: AnnotationPrompt): readonly Message[] {
  return messages ?? [{ role: "user", content: prompt ?? "" }];
}

/** The conversation as one text, for a judge to read. */
export function conversationText(prompt: AnnotationPrompt): string {
  if (prompt.prompt !== undefined) return prompt.prompt;
  return messagesOf(prompt)
    .map((message) => `${message.role}: ${contentText(message)}`)
    .join("\n\n");
}

export function contentText({ content }: Message): string {
  if (typeof content === "string") return content;
  return (content ?? []).map(({ type, text }) => text ?? `[${type}]`).join("\n");
}

/** Tells prompts of one id apart: what was answered for one text is no answer to another. */
export function promptDigest(prompt: AnnotationPrompt): string {
  return createHash("sha256")
    .update(JSON.stringify([messagesOf(prompt), prompt.references]))
    .digest("hex")
    .slice(0, 32);
}

/** Turns a row of a prompts file into a prompt, or says what is wrong with it, in words for its author. */
export function parseAnnotationPrompt(value: unknown, line: number): AnnotationPrompt | string {
  const parsed = row.safeParse(value);
  if (!parsed.success) {
    return parsed.error.issues
      .map(({ path, message }) =>
        path.length === 0 ? message : `"${path.map(String).join(".")}": ${message}`,
      )
      .join("; ");
  }
  const { id, source, prompt, messages, reference, split } = parsed.data;
  const given = {
    id: String(id),
    line,
    source: source ?? undefined,
    prompt: prompt ?? undefined,
    messages: prompt === undefined || prompt === null ? (messages ?? undefined) : undefined,
    references: reference === undefined || reference === null ? [] : [reference].flat(),
    split: split ?? undefined,
  };
  if (conversationText(given).trim() === "") return 'has no prompt: give "prompt", or "messages" with text';
  return given;
}

/** Reads the prompts that are to be labelled (`.jsonl` or `.jsonl.gz`). A broken row is an error naming file and line. */
export async function readAnnotationPrompts(
  file: string,
  options: { readonly needsReference: boolean },
): Promise<readonly AnnotationPrompt[]> {
  const prompts = new Map<string, AnnotationPrompt>();
  for await (const { number, text } of readLines(file)) {
    const prompt = parseAnnotationPrompt(parseJson(file, number, text), number);
    if (typeof prompt === "string") throw badData(file, number, prompt);
    if (prompts.has(prompt.id)) throw badData(file, number, `has the id "${prompt.id}" of an earlier row`);
    if (options.needsReference && prompt.references.length === 0)
      throw badData(file, number, 'has no "reference", which this judge compares answers with');
    prompts.set(prompt.id, prompt);
    if (prompts.size > maxPrompts)
      throw badData(file, number, `is prompt ${maxPrompts + 1}; give at most ${maxPrompts} at once`);
  }
  if (prompts.size === 0) throw badData(file, 0, "has no prompts");
  return [...prompts.values()];
}
