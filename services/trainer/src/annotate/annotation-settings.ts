import { isDeepStrictEqual } from "node:util";
import { IprError, status } from "@ipr/errors";
import type { CallJournal } from "./journal/call-journal.ts";
import { settingsKey } from "./journal/journal-record.ts";
import type { Judge } from "./judges/judge.ts";

/** How answers are got and judged. Scores got in different ways must not be mixed, so one journal has one of these. */
export interface AnnotationSettings {
  readonly judge: Readonly<Record<string, unknown>>;
  readonly maxOutputTokens: number;
  readonly maxJudgeOutputTokens: number;
  readonly temperature: number | null;
}

export function settingsOf(options: {
  readonly judge: Judge;
  readonly maxOutputTokens: number;
  readonly maxJudgeOutputTokens: number;
  readonly temperature: number | undefined;
}): AnnotationSettings {
  const { judge, maxOutputTokens, maxJudgeOutputTokens, temperature = null } = options;
  return { judge: judge.settings, maxOutputTokens, maxJudgeOutputTokens, temperature };
}

/** Begins a journal with these settings, or makes sure that it was begun with the same. See `checkSettings`. */
export async function agreeOnSettings(
  journal: CallJournal,
  settings: unknown,
  journalName: string,
): Promise<void> {
  if (!(await checkSettings(journal, settings, journalName))) await beginWith(journal, settings);
}

export function beginWith(journal: CallJournal, settings: unknown): Promise<void> {
  return journal.append({ kind: "settings", key: settingsKey, formatVersion: 1, settings });
}

/**
 * Whether the journal was begun, which must have been with the same settings (`AnnotationSettings`, also as a record has
 * them).
 *
 * @throws IprError BAD_CONFIG that names what differs.
 */
export async function checkSettings(
  journal: CallJournal,
  settings: unknown,
  journalName: string,
): Promise<boolean> {
  const known = await journal.find(settingsKey);
  if (known === undefined) return false;
  const before = flat(known.kind === "settings" ? known.settings : {});
  // Through JSON, as the other side has been.
  const now = flat(JSON.parse(JSON.stringify(settings)));
  const different = [...new Set([...before.keys(), ...now.keys()])].filter(
    (name) => !isDeepStrictEqual(before.get(name), now.get(name)),
  );
  if (different.length === 0) return true;
  throw new IprError(
    status.FAILED_PRECONDITION,
    "BAD_CONFIG",
    `${journalName} was begun with other settings (${different.join(", ")}): scores of both would not compare; give the same options as then, or another --out (or --job)`,
    { metadata: { file: journalName } },
  );
}

function flat(value: unknown, path = ""): Map<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return new Map([[path, value]]);
  return new Map(
    Object.entries(value).flatMap(([name, inner]) => [
      ...flat(inner, path === "" ? name : `${path}.${name}`),
    ]),
  );
}
