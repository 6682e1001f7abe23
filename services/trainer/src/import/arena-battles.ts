import { badRow } from "../data/bad-data.ts";
import type { TableRow } from "../data/read-parquet.ts";
import { findColumn, isRecord, needColumn, needText, promptOf, textOr, toNumber } from "./cells.ts";
import { readRecords } from "./read-records.ts";

export type Outcome = "a" | "b" | "tie" | "bothBad";

export interface Battle {
  readonly id: string;
  readonly source: string;
  readonly prompt: string;
  readonly a: string;
  readonly b: string;
  readonly outcome: Outcome;
  readonly row: number;
}

/** What the published sets write for each outcome. */
const outcomes = new Map<string, Outcome>([
  ["model_a", "a"],
  ["model_b", "b"],
  ["tie", "tie"],
  ["tie (bothbad)", "bothBad"],
  ["both_bad", "bothBad"],
  ["bothbad", "bothBad"],
]);

/** Columns that hold most of the data and say nothing of who won. */
const unread = new Set([
  "conversation_b",
  "response_a",
  "response_b",
  "full_conversation",
  "conv_metadata",
  "openai_moderation",
  "toxic_chat_tag",
]);

/**
 * Streams the battles of a file; one that tells nothing comes as the reason why. Two shapes are documented:
 * huggingface.co/datasets/lmsys/chatbot_arena_conversations and lmarena-ai/arena-human-preference-{100k,140k} (`winner`,
 * `conversation_a` as chat messages), and lmsys/lmsys-arena-human-preference-55k (`winner_model_a`, `winner_model_b`,
 * `winner_tie` as 0 or 1, `prompt` as JSON text of the turns).
 */
export async function* readBattles(file: string): AsyncGenerator<Battle | string> {
  for await (const { number: row, values } of readRecords(file, (column) => !unread.has(column))) {
    const a = needText(values, { file, row, name: needColumn(file, values, ["model_a"]) });
    const b = needText(values, { file, row, name: needColumn(file, values, ["model_b"]) });
    const prompt = firstTurn(values);
    const outcome = outcomeOf(file, row, values);
    if (a === b) yield "a battle of a candidate against itself";
    else if (prompt.trim() === "") yield "a battle without a prompt";
    else if (values["anony"] === false || values["anony"] === "False")
      yield "a battle in which the names were shown";
    else if (outcome === undefined) yield "a battle without an outcome";
    else {
      const id = textOr(values, findColumn(values, ["question_id", "id"]));
      const language = textOr(values, findColumn(values, ["language"]));
      yield { id, source: language === "" ? "arena" : `arena/${language}`, prompt, a, b, outcome, row };
    }
  }
}

function outcomeOf(file: string, row: number, values: TableRow["values"]): Outcome | undefined {
  const flags = { winner_model_a: "a", winner_model_b: "b", winner_tie: "tie" } as const;
  if (!("winner" in values) && "winner_model_a" in values) {
    const set = Object.entries(flags).filter(([name]) => toNumber(values[name], { file, row, name }) === 1);
    return set.length === 1 ? set[0]![1] : undefined;
  }
  const name = needColumn(file, values, ["winner"]);
  const winner = values[name];
  if (winner === null || winner === undefined || winner === "") return undefined;
  const outcome = typeof winner === "string" ? outcomes.get(winner.trim().toLowerCase()) : undefined;
  if (outcome !== undefined) return outcome;
  throw badRow(
    file,
    row,
    `"winner" is ${JSON.stringify(winner)}, but must be one of ${[...outcomes.keys()].join(", ")}`,
  );
}

/** What the person asked first: a router chooses before the rest of the conversation exists. */
function firstTurn(values: TableRow["values"]): string {
  const conversation = parsed(values["conversation_a"] ?? values["prompt"]);
  if (!Array.isArray(conversation)) return promptOf(conversation);
  const asked: unknown = conversation.find((turn) => !isRecord(turn) || turn["role"] === "user");
  return promptOf([asked]);
}

function parsed(value: unknown): unknown {
  if (typeof value !== "string" || !value.startsWith("[")) return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}
