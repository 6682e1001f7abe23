import { surfaceCount, surfaceNames } from "@ipr/estimator";
import { assumedOutputTokens, charactersPerToken, type Price } from "../evaluate/costs.ts";
import { createDigestIndex } from "./digest-index.ts";
import type { TrainingData } from "./read-training-data.ts";
import type { Labels, TrainingSet } from "./training-set.ts";

/** Something about training data that its owner should know. */
export interface Finding {
  /** `problem` makes estimates wrong or useless, `warning` worse than they could be, `note` is good to know. */
  readonly severity: "problem" | "warning" | "note";
  readonly what: string;
  readonly advice: string;
}

export interface DataReport {
  /** Rows of train and val that are trained on, and test rows. */
  readonly rows: { readonly development: number; readonly test: number };
  /** The worst first. */
  readonly findings: readonly Finding[];
}

/** With fewer labels than this a candidate is predicted by its mean alone. */
const minLabels = 100;
/** A source with fewer rows than this is hardly learnt from. */
const minSourceRows = 20;
/** Prompts shorter than this say next to nothing. */
const minCharacters = 8;
/** A prompt of which more than this share is beyond ASCII is in another script than the encoder was made for. */
const maxNonAsciiShare = 0.3;
/** A mean quality within this of 0 or 1 leaves hardly anything to predict. */
const minVariety = 0.02;
/** A share of rows below which something is a note. */
const fewShare = 0.01;
/** Names listed before the rest is counted. */
const maxNames = 5;

const severities: readonly Finding["severity"][] = ["problem", "warning", "note"];

/** Judges the data that a bundle is about to be trained on; pure but for the time it takes. */
export function reportOnData(data: TrainingData, prices: ReadonlyMap<string, Price>): DataReport {
  const { development, test } = data;
  const findings = [
    ...splitFindings(data),
    ...duplicateFindings(development),
    ...candidateFindings(data),
    ...dominanceFindings(data, prices),
    ...textFindings(data),
    ...sourceFindings(development),
    ...lengthFindings(data),
  ];
  return {
    rows: { development: development.rows, test: test.length },
    findings: findings.toSorted((a, b) => severities.indexOf(a.severity) - severities.indexOf(b.severity)),
  };
}

function* splitFindings({ test, counts, development }: TrainingData): Generator<Finding> {
  if (test.length === 0) {
    const advice = 'leave out "split", or name test rows: a tenth of the prompts';
    yield { severity: "warning", what: "no row is of split test: nothing can be measured", advice };
  }
  if (counts.dropped > 0) {
    const share = counts.dropped / (development.rows + counts.dropped);
    yield {
      severity: share > fewShare ? "warning" : "note",
      what: `${rows(counts.dropped)} of train and val share a prompt with a test row and are left out`,
      advice: "split by prompt, not by row, when the data are made",
    };
  }
  if (counts.unlabelled > 0) {
    const what = `${rows(counts.unlabelled)} without a label of the candidates are left out`;
    yield { severity: "note", what, advice: "nothing, if that was meant by --candidates" };
  }
  if (counts.joined > 0) {
    const what = `${rows(counts.joined)} were joined to an earlier row of the same id`;
    yield { severity: "note", what, advice: "nothing, if ids name prompts" };
  }
}

function* duplicateFindings(set: TrainingSet): Generator<Finding> {
  const exact = countRepeats(set.digests);
  const normalised = countRepeats(set.promptKeys);
  const conflicting = countConflicts(set);
  if (conflicting > 0) {
    yield {
      severity: conflicting / set.rows > fewShare ? "warning" : "note",
      what: `${rows(conflicting)} repeat an earlier prompt with another score of a candidate`,
      advice:
        "keep one row a prompt with the mean score, if answers were sampled; else look for mistaken labels",
    };
  }
  if (normalised > 0) {
    yield {
      severity: normalised / set.rows > 0.1 ? "warning" : "note",
      what: `${rows(normalised)} repeat an earlier prompt (${exact} exactly, the others but for case or white space)`,
      advice:
        "repeated prompts count as often as they occur and share a fold; drop them unless that is what you want",
    };
  }
}

function* candidateFindings({ development, candidates }: TrainingData): Generator<Finding> {
  const facts = candidates.map((name) => ({ name, ...factsOf(development.labels.get(name)) }));
  const list = (chosen: typeof facts, say: (fact: (typeof facts)[number]) => string): string =>
    listed(chosen.map((fact) => `${fact.name} (${say(fact)})`));
  const few = facts.filter(({ count }) => count < minLabels);
  if (few.length > 0) {
    yield {
      severity: "warning",
      what: `fewer than ${minLabels} labels, so predicted by the mean alone: ${list(few, ({ count }) => String(count))}`,
      advice: `label at least ${minLabels} prompts of train and val for each, better 300, or leave them out by --candidates`,
    };
  }
  const enough = facts.filter(({ count }) => count >= minLabels);
  for (const [severity, judged] of [
    ["problem", enough],
    ["warning", few.filter(({ count }) => count > 1)],
  ] as const) {
    const constant = judged.filter(({ least, most }) => least === most);
    if (constant.length === 0) continue;
    yield {
      severity,
      what: `every label is the same: ${list(constant, ({ least }) => `all ${Number(least.toFixed(4))}`)}`,
      advice: "check how these answers were scored; a constant needs no router",
    };
  }
  const lopsided = enough.filter(
    ({ least, most, mean }) => least !== most && (mean < minVariety || mean > 1 - minVariety),
  );
  if (lopsided.length > 0) {
    yield {
      severity: "warning",
      what: `nearly every label is the same: ${list(lopsided, ({ mean }) => `mean ${mean.toFixed(3)}`)}`,
      advice: "add prompts that tell these candidates apart, or a finer score",
    };
  }
  const gaps = enough.filter(({ count }) => count < 0.5 * development.rows);
  if (gaps.length > 0) {
    const share = ({ count }: { readonly count: number }): string => percent(count / development.rows);
    yield {
      severity: "note",
      what: `labelled on fewer than half of the prompts: ${list(gaps, share)}`,
      advice:
        "candidates are compared fairly on prompts that all have answered; label these on the others' prompts",
    };
  }
}

/** Dearer and not better than another, on the prompts that both have labels of. */
function* dominanceFindings(
  { development, candidates }: TrainingData,
  prices: ReadonlyMap<string, Price>,
): Generator<Finding> {
  const priced = candidates.filter((name) => prices.has(name) && development.labels.has(name));
  const dominated = priced.flatMap((name) => {
    const by = priced.find((other) => other !== name && dominates(development, other, name, prices));
    return by === undefined ? [] : [`${name} (by ${by})`];
  });
  if (dominated.length === 0) return;
  yield {
    severity: "warning",
    what: `dearer than another candidate and on average not better: ${listed(dominated)}`,
    advice:
      "a router seldom gains by them: leave them out of its pool, unless they excel at some kind of prompt",
  };
}

function* textFindings({ development, features }: TrainingData): Generator<Finding> {
  const short = development.characters.reduce((sum, count) => sum + Number(count < minCharacters), 0);
  if (short > 0) {
    yield {
      severity: short / development.rows > fewShare ? "warning" : "note",
      what: `${rows(short)} have a prompt of fewer than ${minCharacters} characters`,
      advice: "look at them: they may be broken, or follow-ups whose conversation is missing",
    };
  }
  const column = surfaceNames.indexOf("non_ascii_share");
  let foreign = 0;
  for (let row = 0; row < development.rows; row++) {
    if (features.surfaces[row * surfaceCount + column]! > maxNonAsciiShare) foreign++;
  }
  if (foreign > 0) {
    const share = foreign / development.rows;
    yield {
      severity: share > 0.1 ? "warning" : "note",
      what: `${rows(foreign)} (${percent(share)}) are mostly in another script than Latin`,
      advice:
        "the shipped encoders were made from English text; import a multilingual one (ipr encoder import)",
    };
  }
}

function* sourceFindings({ sources, sourceOf, rows: all }: TrainingSet): Generator<Finding> {
  const counts = new Uint32Array(sources.length);
  for (const source of sourceOf) counts[source]!++;
  if (sources.every((source) => source === "") && all > 0) {
    yield {
      severity: "note",
      what: 'no row names its "source": reports cannot tell kinds of prompts apart',
      advice: 'give each row a "source", such as the team or task it comes from',
    };
    return;
  }
  const small = sources
    .map((source, i) => ({ source: source || "unnamed", count: counts[i]! }))
    .filter(({ count }) => count > 0 && count < minSourceRows)
    .toSorted((a, b) => a.count - b.count);
  if (small.length === 0) return;
  yield {
    severity: "note",
    what: `fewer than ${minSourceRows} rows of a source: ${listed(small.map(({ source, count }) => `${source} (${count})`))}`,
    advice: "expect little of estimates for such prompts",
  };
}

function* lengthFindings({ development, candidates }: TrainingData): Generator<Finding> {
  const shares = candidates.flatMap((name) => {
    const labels = development.labels.get(name);
    if (labels === undefined) return [];
    let [scored, measured] = [0, 0];
    for (let row = 0; row < development.rows; row++) {
      if (Number.isNaN(labels.scores[row]!)) continue;
      scored++;
      if (!Number.isNaN(labels.outputTokens[row]!)) measured++;
    }
    return scored === 0 ? [] : [{ name, share: measured / scored }];
  });
  const without = shares.filter(({ share }) => share < 0.5);
  if (without.length === 0) return;
  const isAll = without.length === shares.length;
  yield {
    severity: "note",
    what: `no output_tokens on most rows of ${isAll ? "every candidate" : listed(without.map(({ name }) => name))}`,
    advice:
      "give output_tokens: without them every answer is taken to have a mean length, and costs are rough",
  };
}

function countRepeats(keys: BigUint64Array): number {
  const index = createDigestIndex();
  for (const [row, key] of keys.entries()) index.firstOf(key, row);
  return keys.length - index.size;
}

/** Rows whose prompt an earlier row has, with another score of some candidate. */
function countConflicts({ promptKeys, labels }: TrainingSet): number {
  const index = createDigestIndex();
  const columns = [...labels.values()];
  let count = 0;
  for (const [row, key] of promptKeys.entries()) {
    const first = index.firstOf(key, row);
    if (first !== row && columns.some(({ scores }) => differ(scores[first]!, scores[row]!))) count++;
  }
  return count;
}

function differ(a: number, b: number): boolean {
  return !Number.isNaN(a) && !Number.isNaN(b) && a !== b;
}

function factsOf(labels: Labels | undefined): {
  readonly count: number;
  readonly least: number;
  readonly most: number;
  readonly mean: number;
} {
  let [count, sum, least, most] = [0, 0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const score of labels?.scores ?? []) {
    if (Number.isNaN(score)) continue;
    count++;
    sum += score;
    least = Math.min(least, score);
    most = Math.max(most, score);
  }
  return { count, least, most, mean: sum / count };
}

function dominates(
  { labels, characters }: TrainingSet,
  better: string,
  worse: string,
  prices: ReadonlyMap<string, Price>,
): boolean {
  const [a, b] = [labels.get(better)!, labels.get(worse)!];
  let [common, qualityLead, costLead] = [0, 0, 0];
  for (const [row, count] of characters.entries()) {
    if (Number.isNaN(a.scores[row]!) || Number.isNaN(b.scores[row]!)) continue;
    common++;
    qualityLead += a.scores[row]! - b.scores[row]!;
    costLead += costOf(count, b.outputTokens[row]!, prices.get(worse)!);
    costLead -= costOf(count, a.outputTokens[row]!, prices.get(better)!);
  }
  return common >= minLabels && qualityLead >= 0 && costLead > 0;
}

function costOf(characters: number, outputTokens: number, price: Price): number {
  const answer = Number.isNaN(outputTokens) ? assumedOutputTokens : outputTokens;
  return (characters / charactersPerToken) * price.inputUsdPerMtok + answer * price.outputUsdPerMtok;
}

function rows(count: number): string {
  return count === 1 ? "1 row" : `${count} rows`;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, maxNames).join(", ");
  return names.length > maxNames ? `${shown} and ${names.length - maxNames} more` : shown;
}
