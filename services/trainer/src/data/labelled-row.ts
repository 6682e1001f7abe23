/** Columns that hold one candidate's score or answer length: `score.gpt-4o`. */
const scorePrefix = "score.";
const tokensPrefix = "output_tokens.";

const fields = new Set(["id", "source", "prompt", "messages", "scores", "output_tokens", "split"]);
/** Fields that a table may hold as JSON text. */
const structured = ["messages", "scores", "output_tokens"] as const;

/** Whether a column of a table belongs to a labelled prompt. */
export function isLabelledColumn(name: string): boolean {
  return fields.has(name) || name.startsWith(scorePrefix) || name.startsWith(tokensPrefix);
}

/**
 * A row of a table as a line of JSON has it: JSON text is parsed and the columns `score.<candidate>` and
 * `output_tokens.<candidate>` are gathered. Returns what is wrong with it, in words for its author.
 */
export function toLabelledRow(values: Readonly<Record<string, unknown>>): Record<string, unknown> | string {
  const row: Record<string, unknown> = {};
  const scores: Record<string, unknown> = {};
  const outputTokens: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(values)) {
    if (name.startsWith(scorePrefix)) scores[name.slice(scorePrefix.length)] = value;
    else if (name.startsWith(tokensPrefix)) outputTokens[name.slice(tokensPrefix.length)] = value;
    else row[name] = value;
  }
  for (const field of structured) {
    const value = row[field];
    if (typeof value !== "string") continue;
    try {
      row[field] = JSON.parse(value);
    } catch {
      return `"${field}" must be ${field === "messages" ? "a list of messages" : "an object"} or its JSON text`;
    }
  }
  row["scores"] = together(row["scores"], scores);
  row["output_tokens"] = together(row["output_tokens"], outputTokens);
  return row;
}

/** One field from both its forms. What is not an object is left as it is, to be refused with the rest. */
function together(field: unknown, columns: Record<string, unknown>): unknown {
  if (field === undefined || field === null) return columns;
  return typeof field === "object" && !Array.isArray(field) ? { ...field, ...columns } : field;
}
