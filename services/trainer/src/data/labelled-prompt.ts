import { createHash } from "node:crypto";
import { promptText, type SpokenTurn } from "@ipr/estimator";
import { z } from "zod";

export const splits = ["train", "val", "test"] as const;
export type Split = (typeof splits)[number];

/** One prompt with the quality of each candidate's answer, where it is known. */
export interface LabelledPrompt {
  readonly id: string;
  /** Where the prompt comes from, such as "zeroeval/gsm": the kind of task. Empty when the data does not say. */
  readonly source: string;
  /** What is encoded of the prompt: the same as when it is routed. */
  readonly text: string;
  /** How long the whole prompt is, every turn: what a candidate would read. */
  readonly characters: number;
  /** Quality in [0, 1] by candidate. A candidate that is not here was not measured: unknown, not zero. */
  readonly scores: Readonly<Record<string, number>>;
  /** Answer length by candidate, where it was measured. */
  readonly outputTokens: Readonly<Record<string, number>>;
  readonly split: Split;
}

const share = z.number().min(0).max(1);
const message = z.object({
  role: z.string(),
  content: z
    .union([z.string(), z.array(z.looseObject({ type: z.string(), text: z.string().nullish() })), z.null()])
    .optional(),
});
/** Null is how tables say "not given": a missing label, not a zero. */
const row = z.looseObject({
  id: z.union([z.string().min(1), z.number()]),
  source: z.string().nullish(),
  prompt: z.string().nullish(),
  messages: z.array(message).nullish(),
  scores: z.record(z.string().min(1), share.nullable()),
  output_tokens: z.record(z.string().min(1), z.number().nonnegative().nullable()).nullish(),
  split: z.enum(splits).nullish(),
});

/** Turns one row of a data file into a labelled prompt, or returns what is wrong with it, in words for its author. */
export function parseLabelledPrompt(value: unknown): LabelledPrompt | string {
  const parsed = row.safeParse(value);
  if (!parsed.success) return parsed.error.issues.map(describe).join("; ");
  const { id, source, prompt, messages, split } = parsed.data;
  const scores = known(parsed.data.scores);
  const outputTokens = known(parsed.data.output_tokens ?? {});
  const turns: SpokenTurn[] =
    prompt === undefined || prompt === null
      ? (messages ?? []).map(toTurn)
      : [{ speaker: "user", text: prompt }];
  const text = promptText(turns);
  if (text.trim() === "") return 'has no prompt: give "prompt", or "messages" with text';
  if (Object.keys(scores).length === 0)
    return '"scores" is empty: a row needs the score of at least one candidate';
  return {
    id: String(id),
    source: source ?? "",
    text,
    characters: turns.reduce((sum, turn) => sum + turn.text.length, 0),
    scores,
    outputTokens,
    split: split ?? splitOf(String(id)),
  };
}

/** A chat message as the OpenAI wire has it: plain text, or parts of which only text is read. */
function toTurn({ role, content }: z.infer<typeof message>): SpokenTurn {
  const text =
    typeof content === "string"
      ? content
      : (content ?? [])
          .map((part) => part.text ?? "")
          .filter((part) => part !== "")
          .join("\n");
  return { speaker: speakerOf(role), text };
}

/** An unknown role is somebody speaking to the model. */
function speakerOf(role: string): SpokenTurn["speaker"] {
  if (role === "system" || role === "developer") return "system";
  return role === "assistant" || role === "tool" ? role : "user";
}

/** The split of a row that names none: 80 % train, 10 % val, 10 % test by a hash of its id, the same everywhere. */
export function splitOf(id: string): Split {
  const tenth = createHash("sha256").update(id).digest().readUInt32BE(0) % 10;
  if (tenth === 0) return "test";
  return tenth === 1 ? "val" : "train";
}

function known(values: Readonly<Record<string, number | null>>): Record<string, number> {
  return Object.fromEntries(
    Object.entries(values).filter((entry): entry is [string, number] => entry[1] !== null),
  );
}

function describe(issue: z.core.$ZodIssue): string {
  const path = issue.path.map(String);
  if (path[0] === "scores" && path.length === 2)
    return `score of ${path[1]} must be a number between 0 and 1${issue.code === "too_big" ? " (0 to 1: divide by 100 if these are percent)" : ""}`;
  const isMissing = issue.message.endsWith("received undefined");
  if (path.length === 1 && path[0] === "scores")
    return `"scores" ${isMissing ? "is missing" : "is not right"}: {"<candidate>": 0..1}`;
  if (path.length === 1 && path[0] === "id")
    return '"id" is missing or empty: give each row its own, a string or a number';
  if (path.length === 0) return issue.message;
  return `"${path.join(".")}": ${issue.message}`;
}
