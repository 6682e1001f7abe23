import { badData, badRow } from "../data/bad-data.ts";
import type { TableRow } from "../data/read-parquet.ts";

/** A row of a table, and where it is. */
export interface Cell {
  readonly file: string;
  readonly row: number;
  readonly name: string;
}

/** The first of the documented names of a column that the table has; undefined where it has none. */
export function findColumn(values: TableRow["values"], names: readonly string[]): string | undefined {
  return names.find((name) => name in values);
}

/** The same for a column that must be there: the error names what was found and what was expected. */
export function needColumn(file: string, values: TableRow["values"], names: readonly string[]): string {
  const found = findColumn(values, names);
  if (found !== undefined) return found;
  const columns = Object.keys(values);
  const shown = columns.slice(0, 20).join(", ") + (columns.length > 20 ? ", …" : "");
  throw badData(file, 0, `has no column ${names.join(" or ")}; its columns are ${shown || "none"}`);
}

export function needText(values: TableRow["values"], { file, row, name }: Cell): string {
  const value = values[name];
  if (typeof value === "number" || typeof value === "bigint") return String(value);
  if (typeof value === "string" && value.trim() !== "") return value;
  throw badRow(file, row, `"${name}" must be text, and is ${shorten(value)}`);
}

/** Text, or "" where there is none. */
export function textOr(values: TableRow["values"], name: string | undefined): string {
  const value = name === undefined ? undefined : values[name];
  return typeof value === "string" || typeof value === "number" ? String(value) : "";
}

/** A number, written as one or as text; true is 1 and false 0. Nothing, or NaN as Python writes it, is undefined. */
export function toNumber(value: unknown, { file, row, name }: Cell): number | undefined {
  if (value === null || value === undefined) return undefined;
  if (typeof value === "boolean") return value ? 1 : 0;
  const text = typeof value === "string" ? value.trim() : value;
  if (text === "" || text === "nan" || text === "NaN" || text === "None") return undefined;
  if (text === "True" || text === "true") return 1;
  if (text === "False" || text === "false") return 0;
  const number = typeof text === "number" || typeof text === "string" ? Number(text) : Number.NaN;
  if (Number.isFinite(number)) return number;
  throw badRow(file, row, `"${name}" must be a number, and is ${shorten(value)}`);
}

/** A score, which must be a share already: another scale is never guessed. */
export function toScore(value: unknown, cell: Cell): number | undefined {
  const score = toNumber(value, cell);
  if (score === undefined || (score >= 0 && score <= 1)) return score;
  throw badRow(cell.file, cell.row, `the score "${cell.name}" is ${score}, but must be between 0 and 1`);
}

/** What was said, as one text: a text, or chat messages whose content is text or parts with text. */
export function promptOf(value: unknown): string {
  if (typeof value === "string") return value;
  if (!Array.isArray(value)) return "";
  return value
    .map((message: unknown) => (isRecord(message) ? contentOf(message["content"]) : promptOf(message)))
    .filter((text) => text !== "")
    .join("\n\n");
}

function contentOf(content: unknown): string {
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) return "";
  return content.map((part: unknown) => (isRecord(part) ? textOr(part, "text") : "")).join("\n");
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function shorten(value: unknown): string {
  const text = JSON.stringify(value) ?? "missing";
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
