import type { SQLInputValue } from "node:sqlite";
import { type Choice, isUsable, type UnusableChoice } from "../domain/choice.ts";
import type { Pair } from "../domain/fit-calibration.ts";
import { createGroupCommit } from "./group-commit.ts";
import { openLedgerFile } from "./ledger-schema.ts";

/** Pairs kept for each bundle and candidate: the window that calibration is fitted on. */
const defaultMaxPairsPerCandidate = 5_000;
/** Windows are trimmed after so many new pairs, not after each: it takes a walk through the window. */
const trimEveryPairs = 256;
/** Decisions remembered for feedback that is still to come. */
const defaultMaxDecisions = 200_000;
const defaultMaxWaitingFeedback = 50_000;
/** Ids remembered to recognise a repeat; far more than a broker ever hands out again. */
const defaultMaxFeedbackIds = 500_000;
/** Bundles whose pairs are kept; the one that has learned nothing for longest goes first. */
const defaultMaxBundles = 16;

export interface LedgerLimits {
  readonly maxPairsPerCandidate?: number;
  readonly maxDecisions?: number;
  readonly maxWaitingFeedback?: number;
  readonly maxFeedbackIds?: number;
  readonly maxBundles?: number;
}

export interface Feedback {
  readonly eventId: string;
  readonly tenant: string;
  readonly decisionId: string;
  readonly reward: number;
}

/** Who answered a decision. */
export interface Answer {
  readonly tenant: string;
  readonly decisionId: string;
  readonly candidate: string;
}

/** What changed for the fit: the candidates that have new pairs. */
export interface Lesson {
  readonly bundle: string;
  readonly candidate: string;
}

export interface DecisionTaken {
  readonly isNew: boolean;
  /** True when an answer of another candidate, which came first, makes it unusable. */
  readonly madeUnusable: boolean;
  readonly lessons: readonly Lesson[];
}

export interface FeedbackTaken {
  readonly fate: "joined" | "waiting" | "duplicate" | "unusable";
  /** Older feedback that was dropped to make room. */
  readonly forgotten: number;
  readonly lessons: readonly Lesson[];
}

export interface LedgerCounts {
  readonly decisions: number;
  readonly feedback: number;
  readonly joined: number;
  readonly waiting: number;
}

/**
 * All that was learned, on disk. An event taken twice counts once, and what a promise resolves with is stored: whoever
 * confirms the event after that loses nothing to a crash.
 */
export interface Ledger {
  takeDecision(choice: Choice | UnusableChoice): Promise<DecisionTaken>;
  takeFeedback(feedback: Feedback): Promise<FeedbackTaken>;
  /**
   * An answer of another candidate than the chosen one makes its decision unusable: the feedback is about an answer that
   * the estimate at hand is not about. Feedback that was quicker than this has been learned from.
   */
  takeAnswer(answer: Answer): Promise<{ readonly madeUnusable: boolean }>;
  pairsOf(lesson: Lesson): Pair[];
  candidatesOf(bundle: string): string[];
  bundles(): string[];
  /** The bundle of the latest decision. */
  currentBundle(): string | undefined;
  counts(): LedgerCounts;
  /** A number higher than every earlier one and than `floor`, never given again. */
  nextSequence(floor: number): Promise<number>;
  close(): Promise<void>;
}

export function openLedger(directory: string | undefined, limits: LedgerLimits = {}): Ledger {
  const {
    maxPairsPerCandidate = defaultMaxPairsPerCandidate,
    maxDecisions = defaultMaxDecisions,
    maxWaitingFeedback = defaultMaxWaitingFeedback,
    maxFeedbackIds = defaultMaxFeedbackIds,
    maxBundles = defaultMaxBundles,
  } = limits;
  const database = openLedgerFile(directory);
  const commit = createGroupCommit(database);
  const statement = (sql: string) => {
    const prepared = database.prepare(sql);
    return {
      changes: (...values: SQLInputValue[]) => Number(prepared.run(...values).changes),
      row: (...values: SQLInputValue[]) => prepared.get(...values),
      rows: (...values: SQLInputValue[]) => prepared.all(...values),
    };
  };
  const keepNewest = (table: string) =>
    statement(`DELETE FROM ${table} WHERE arrival <= (SELECT MAX(arrival) FROM ${table}) - ?`);

  const sql = {
    addToCounter: statement(
      `INSERT INTO counters (name, value) VALUES (?, ?)
       ON CONFLICT (name) DO UPDATE SET value = value + excluded.value`,
    ),
    raiseCounter: statement(
      `INSERT INTO counters (name, value) VALUES (?, ?)
       ON CONFLICT (name) DO UPDATE SET value = MAX(value, excluded.value)`,
    ),
    counter: statement("SELECT value FROM counters WHERE name = ?"),
    setFact: statement(
      "INSERT INTO facts (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
    ),
    fact: statement("SELECT value FROM facts WHERE name = ?"),
    addDecision: statement(
      `INSERT INTO decisions (tenant, decision_id, bundle, candidate, logit, weight) VALUES (?, ?, ?, ?, ?, ?)
       ON CONFLICT DO NOTHING`,
    ),
    decision: statement("SELECT * FROM decisions WHERE tenant = ? AND decision_id = ?"),
    trimDecisions: keepNewest("decisions"),
    makeUnusable: statement(
      `UPDATE decisions SET bundle = NULL, candidate = NULL, logit = NULL, weight = NULL
       WHERE tenant = ? AND decision_id = ? AND candidate <> ?`,
    ),
    addAnswer: statement(
      "INSERT INTO answers (tenant, decision_id, candidate) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
    ),
    trimAnswers: keepNewest("answers"),
    takeAnswer: statement("DELETE FROM answers WHERE tenant = ? AND decision_id = ? RETURNING candidate"),
    addFeedbackId: statement("INSERT INTO feedback (event_id) VALUES (?) ON CONFLICT DO NOTHING"),
    trimFeedbackIds: keepNewest("feedback"),
    addWaiting: statement("INSERT INTO waiting (tenant, decision_id, reward) VALUES (?, ?, ?)"),
    takeWaiting: statement("DELETE FROM waiting WHERE tenant = ? AND decision_id = ? RETURNING reward"),
    countWaiting: statement("SELECT COUNT(*) AS count FROM waiting"),
    dropOldestWaiting: statement(
      "DELETE FROM waiting WHERE arrival IN (SELECT arrival FROM waiting ORDER BY arrival LIMIT ?)",
    ),
    addPair: statement("INSERT INTO pairs (bundle, candidate, logit, reward, weight) VALUES (?, ?, ?, ?, ?)"),
    trimPairs: statement(
      `DELETE FROM pairs WHERE bundle = ?1 AND candidate = ?2 AND arrival <=
         (SELECT arrival FROM pairs WHERE bundle = ?1 AND candidate = ?2 ORDER BY arrival DESC LIMIT 1 OFFSET ?3)`,
    ),
    pairs: statement(
      "SELECT logit, reward, weight FROM pairs WHERE bundle = ? AND candidate = ? ORDER BY arrival DESC LIMIT ?",
    ),
    windows: statement(
      "SELECT bundle, candidate, COUNT(*) AS pairs FROM pairs GROUP BY bundle, candidate HAVING pairs > ?",
    ),
    candidates: statement("SELECT DISTINCT candidate FROM pairs WHERE bundle = ? ORDER BY candidate"),
    bundles: statement("SELECT bundle FROM pairs GROUP BY bundle ORDER BY MAX(arrival) DESC"),
    dropBundle: statement("DELETE FROM pairs WHERE bundle = ?"),
  };
  const counter = (name: string): number => Number(sql.counter.row(name)?.["value"] ?? 0);
  const countWaiting = (): number => Number(sql.countWaiting.row()?.["count"]);
  let waiting = countWaiting();
  const knownBundles = new Set(sql.bundles.rows().map((row) => row["bundle"] as string));

  let pairsSinceTrim = 0;
  const trimAllPairs = (): void => {
    pairsSinceTrim = 0;
    for (const row of sql.windows.rows(maxPairsPerCandidate)) {
      sql.trimPairs.changes(row["bundle"] as string, row["candidate"] as string, maxPairsPerCandidate);
    }
  };

  const learn = (choice: Choice, reward: number): Lesson => {
    const { bundle, candidate, logit, weight } = choice;
    sql.addPair.changes(bundle, candidate, logit, reward, weight);
    if (++pairsSinceTrim >= trimEveryPairs) trimAllPairs();
    sql.addToCounter.changes("joined", 1);
    if (!knownBundles.has(bundle)) {
      knownBundles.add(bundle);
      for (const row of sql.bundles.rows().slice(maxBundles)) {
        sql.dropBundle.changes(row["bundle"] as string);
        knownBundles.delete(row["bundle"] as string);
      }
    }
    return { bundle, candidate };
  };

  const takeDecision = (choice: Choice | UnusableChoice): DecisionTaken => {
    const { tenant, decisionId } = choice;
    const answered = sql.takeAnswer.row(tenant, decisionId)?.["candidate"];
    const usable = isUsable(choice) && (answered === undefined || answered === choice.candidate);
    const values = usable
      ? [choice.bundle, choice.candidate, choice.logit, choice.weight]
      : [null, null, null, null];
    const isNew = sql.addDecision.changes(tenant, decisionId, ...values) > 0;
    if (!isNew) return { isNew, madeUnusable: false, lessons: [] };
    sql.trimDecisions.changes(maxDecisions);
    sql.addToCounter.changes("decisions", 1);
    if (usable) sql.setFact.changes("currentBundle", choice.bundle);
    const early = waiting === 0 ? [] : sql.takeWaiting.rows(tenant, decisionId);
    waiting -= early.length;
    const madeUnusable = isUsable(choice) && !usable;
    return {
      isNew,
      madeUnusable,
      lessons: usable ? early.map((row) => learn(choice, Number(row["reward"]))) : [],
    };
  };

  const takeAnswer = ({ tenant, decisionId, candidate }: Answer) => {
    if (sql.decision.row(tenant, decisionId)) {
      return { madeUnusable: sql.makeUnusable.changes(tenant, decisionId, candidate) > 0 };
    }
    sql.addAnswer.changes(tenant, decisionId, candidate);
    sql.trimAnswers.changes(maxDecisions);
    return { madeUnusable: false };
  };

  const takeFeedback = ({ eventId, tenant, decisionId, reward }: Feedback): FeedbackTaken => {
    const isNew = sql.addFeedbackId.changes(eventId) > 0;
    if (!isNew) return { fate: "duplicate", forgotten: 0, lessons: [] };
    sql.trimFeedbackIds.changes(maxFeedbackIds);
    sql.addToCounter.changes("feedback", 1);
    const row = sql.decision.row(tenant, decisionId);
    if (row?.["bundle"] === null) return { fate: "unusable", forgotten: 0, lessons: [] };
    if (row) {
      const lesson = learn({ ...(row as unknown as Choice), decisionId, tenant }, reward);
      return { fate: "joined", forgotten: 0, lessons: [lesson] };
    }
    sql.addWaiting.changes(tenant, decisionId, reward);
    waiting++;
    const forgotten =
      waiting > maxWaitingFeedback ? sql.dropOldestWaiting.changes(waiting - maxWaitingFeedback) : 0;
    waiting -= forgotten;
    return { fate: "waiting", forgotten, lessons: [] };
  };

  /** What is remembered outside the file follows the file when a transaction fails. */
  const recover = (): void => {
    waiting = countWaiting();
    knownBundles.clear();
    for (const row of sql.bundles.rows()) knownBundles.add(row["bundle"] as string);
  };

  return {
    takeDecision: (choice) => commit.run(() => takeDecision(choice), recover),
    takeFeedback: (feedback) => commit.run(() => takeFeedback(feedback), recover),
    takeAnswer: (answer) => commit.run(() => takeAnswer(answer), recover),
    nextSequence: (floor) =>
      commit.run(() => {
        sql.raiseCounter.changes("sequence", floor);
        sql.addToCounter.changes("sequence", 1);
        return counter("sequence");
      }, recover),
    pairsOf: ({ bundle, candidate }) =>
      sql.pairs.rows(bundle, candidate, maxPairsPerCandidate).toReversed() as unknown as Pair[],
    candidatesOf: (bundle) => sql.candidates.rows(bundle).map((row) => row["candidate"] as string),
    bundles: () => sql.bundles.rows().map((row) => row["bundle"] as string),
    currentBundle: () => sql.fact.row("currentBundle")?.["value"] as string | undefined,
    counts: () => ({
      decisions: counter("decisions"),
      feedback: counter("feedback"),
      joined: counter("joined"),
      waiting,
    }),
    async close() {
      await commit.settled();
      database.close();
    },
  };
}
