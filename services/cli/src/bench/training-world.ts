import { createHash } from "node:crypto";
import { join } from "node:path";
import { sigmoid } from "@ipr/estimator";
import { seededRandom } from "@ipr/evaluation";
import { shipped } from "@ipr/standalone";
import { type LabelledRow, readLabelledPrompts } from "@ipr/trainer";

export interface WorldOptions {
  readonly rows: number;
  readonly candidates: number;
  readonly seed: number;
}

/** A made-up world of prompts and answers, whose chances of a good answer are known. */
export interface TrainingWorld {
  readonly candidates: readonly string[];
  /** USD per million tokens by candidate: the better ones are dearer. */
  readonly pricesUsdPerMtok: Readonly<Record<string, number>>;
  /** The prompts, with labels drawn by their chances. */
  rows(): AsyncGenerator<LabelledRow>;
  /**
   * The R2 on the test rows of one who knows every chance exactly: what is left is the luck of single answers. Known
   * once all rows were drawn.
   */
  ceiling(): number;
}

/** The shipped sets, whose sentences the prompts are put together from. */
const files = ["llmrouter", "mmlupro", "routellm", "zeroeval"];
const maxSentencesPerTopic = 400;
const sentenceCharacters = { least: 20, most: 240 };
/** Prompts have about as many characters as those of the shipped sets: one to nine sentences. */
const maxSentences = 9;
/** One label in ten is missing, as in data that several teams gathered. */
const missingShare = 0.1;

interface Topic {
  readonly source: string;
  readonly sentences: readonly Sentence[];
  readonly traits: Traits;
}

/** What decides how well candidates do: how hard a prompt is, and how far it is from prose. */
interface Traits {
  readonly difficulty: number;
  readonly formality: number;
}

interface Sentence {
  readonly text: string;
  readonly words: number;
  /** Sums over the words, each of which has its own effect. */
  readonly traits: Traits;
}

interface Candidate {
  readonly name: string;
  readonly ability: number;
  readonly onDifficulty: number;
  readonly onFormality: number;
  readonly tokens: number;
  readonly usdPerMtok: number;
}

/**
 * Prompts are sentences of one topic of the shipped sets, with numbers of their own. Their difficulty and formality are
 * their topic's plus those of their words; each candidate's chance of a good answer depends on both in its own way.
 */
export async function createTrainingWorld(options: WorldOptions): Promise<TrainingWorld> {
  const topics = await readTopics(options.seed);
  const candidates = drawCandidates(options);
  const names = candidates.map(({ name }) => name);
  const train = names.map(() => ({ sum: 0, count: 0 }));
  const tested: { readonly scores: Float32Array; readonly chances: Float32Array }[] = [];

  async function* rows(): AsyncGenerator<LabelledRow> {
    const random = seededRandom(options.seed);
    for (let i = 0; i < options.rows; i++) {
      const { topic, text, traits } = drawPrompt(topics, random, i);
      const tenth = random();
      const split = tenth < 0.8 ? "train" : tenth < 0.9 ? "val" : "test";
      const scores: Record<string, number> = {};
      const outputTokens: Record<string, number> = {};
      const drawn = Float32Array.from(candidates, () => Number.NaN);
      const chances = Float32Array.from(candidates, (candidate) => chanceOf(candidate, traits));
      for (const [c, { name, tokens }] of candidates.entries()) {
        const isMissing = random() < missingShare;
        const score = Number(random() < chances[c]!);
        const length = Math.round(tokens * Math.exp(0.5 * traits.difficulty + 0.4 * (random() - 0.5)));
        if (isMissing) continue;
        drawn[c] = scores[name] = score;
        outputTokens[name] = length;
        if (split !== "test") {
          train[c]!.sum += score;
          train[c]!.count++;
        }
      }
      if (split === "test") tested.push({ scores: drawn, chances });
      if (Object.keys(scores).length === 0) continue;
      yield { id: `made-${i}`, source: topic.source, prompt: text, scores, outputTokens, split };
    }
  }

  return {
    candidates: names,
    pricesUsdPerMtok: Object.fromEntries(candidates.map(({ name, usdPerMtok }) => [name, usdPerMtok])),
    rows,
    ceiling() {
      let [left, atMean] = [0, 0];
      for (const { scores, chances } of tested) {
        for (const [c, score] of scores.entries()) {
          if (Number.isNaN(score)) continue;
          left += (score - chances[c]!) ** 2;
          atMean += (score - train[c]!.sum / train[c]!.count) ** 2;
        }
      }
      return 1 - left / atMean;
    },
  };
}

async function readTopics(seed: number): Promise<readonly Topic[]> {
  const bySource = new Map<string, Set<string>>();
  for (const file of files) {
    for await (const { source, text } of readLabelledPrompts(join(shipped.dataDir, `${file}.jsonl.gz`))) {
      const known = bySource.get(source) ?? new Set();
      bySource.set(source, known);
      for (const sentence of text.split(/(?<=[.?!])\s+|\n+/)) {
        const { least, most } = sentenceCharacters;
        if (known.size === maxSentencesPerTopic) break;
        if (sentence.length >= least && sentence.length <= most) known.add(sentence);
      }
    }
  }
  const effects = new Map<string, Traits>();
  return [...bySource]
    .filter(([, sentences]) => sentences.size >= 20)
    .map(([source, sentences]) => ({
      source,
      traits: effectOf(`${seed}/topic/${source}`),
      sentences: [...sentences].map((text) => measureSentence(text, seed, effects)),
    }));
}

function measureSentence(text: string, seed: number, effects: Map<string, Traits>): Sentence {
  const words = text.toLowerCase().match(/[a-z]{3,}/g) ?? [];
  let [difficulty, formality] = [0, 0];
  for (const word of words) {
    const effect = effects.get(word) ?? effectOf(`${seed}/word/${word}`);
    effects.set(word, effect);
    difficulty += effect.difficulty;
    formality += effect.formality;
  }
  return { text, words: words.length, traits: { difficulty, formality } };
}

/** Two numbers of variance one that depend on a name alone: on average over names they are zero. */
function effectOf(name: string): Traits {
  const random = seededRandom(createHash("sha256").update(name).digest().readUInt32BE(0));
  return { difficulty: centred(random), formality: centred(random) };
}

function centred(random: () => number): number {
  return Math.sqrt(12) * (random() - 0.5);
}

function drawPrompt(
  topics: readonly Topic[],
  random: () => number,
  number: number,
): { readonly topic: Topic; readonly text: string; readonly traits: Traits } {
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)]!;
  const topic = pick(topics);
  const sentences = Array.from({ length: 1 + Math.floor(random() * maxSentences) }, () =>
    pick(topic.sentences),
  );
  const words = sentences.reduce((sum, sentence) => sum + sentence.words, 1);
  // The sum of n effects varies as sqrt(n): divided by that, long prompts are not all extreme.
  const ofWords = (trait: keyof Traits): number =>
    sentences.reduce((sum, { traits }) => sum + traits[trait], 0) / Math.sqrt(words);
  const values = `Let n = ${number} and k = ${Math.floor(random() * 1000)}.`;
  return {
    topic,
    text: [...sentences.map(({ text }) => text), values].join(" "),
    traits: {
      difficulty: topic.traits.difficulty + ofWords("difficulty"),
      formality: topic.traits.formality + ofWords("formality"),
    },
  };
}

function drawCandidates({ candidates, seed }: WorldOptions): readonly Candidate[] {
  const random = seededRandom(seed ^ 0x5eed);
  return Array.from({ length: candidates }, (_, i) => {
    const rank = candidates === 1 ? 1 : i / (candidates - 1);
    return {
      name: `candidate-${String(i + 1).padStart(2, "0")}`,
      ability: -0.8 + 2.2 * rank + 0.3 * (random() - 0.5),
      onDifficulty: -0.9 + 0.4 * rank + 0.2 * (random() - 0.5),
      onFormality: 1.2 * (random() - 0.5),
      tokens: 150 + 400 * random(),
      usdPerMtok: 0.1 * 100 ** rank,
    };
  });
}

function chanceOf({ ability, onDifficulty, onFormality }: Candidate, traits: Traits): number {
  return sigmoid(ability + onDifficulty * traits.difficulty + onFormality * traits.formality);
}
