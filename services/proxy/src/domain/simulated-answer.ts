import type { TokenUsage } from "./usage.ts";

/** What is asked of the simulated upstream. */
export interface SimulatedRequest {
  readonly candidate: string;
  readonly charactersPerToken: number;
  /** What was said last. */
  readonly promptText: string;
  /** The length of all messages together. */
  readonly inputCharacters: number;
  /** The answer must be JSON. */
  readonly wantsJson: boolean;
  readonly maxOutputTokens: number | undefined;
}

export interface SimulatedAnswer {
  /** The text in pieces, as a model would stream it. */
  readonly pieces: readonly string[];
  readonly finishReason: "stop" | "length";
  readonly usage: TokenUsage;
}

const shownPromptCharacters = 120;
/** What a chat format adds to a prompt. */
const framingTokens = 4;

const remarks = [
  "It is made of fixed sentences, chosen by the prompt, so that the same prompt gets the same answer.",
  "Its tokens are counted and priced as if the candidate had written it.",
  "It streams in pieces, so that a client's handling of streams can be tried.",
  "Feedback on it is taken in, and calibration learns from it, as for any answer.",
  "It says nothing about how good the candidate is.",
  "With a provider configured, the same request gets the candidate's own answer.",
];

/**
 * The answer given when no provider is configured: it says so first, is the same for the same prompt and candidate,
 * and has a plausible length, so that streams, cost and feedback can be tried without a key.
 */
export function simulatedAnswer(request: SimulatedRequest): SimulatedAnswer {
  const { candidate, promptText, charactersPerToken, maxOutputTokens = Number.POSITIVE_INFINITY } = request;
  const prose = proseFor(candidate, promptText);
  const text = request.wantsJson ? JSON.stringify({ simulated: true, candidate, note: prose }) : prose;
  const pieces: string[] = [];
  let length = 0;
  for (const word of text.match(/\s*\S+/g) ?? []) {
    if (Math.ceil((length + word.length) / charactersPerToken) > maxOutputTokens) break;
    pieces.push(word);
    length += word.length;
  }
  const isWhole = length === text.length;
  return {
    pieces,
    finishReason: isWhole ? "stop" : "length",
    usage: {
      inputTokens: Math.ceil(request.inputCharacters / charactersPerToken) + framingTokens,
      cachedInputTokens: 0,
      outputTokens: Math.ceil(length / charactersPerToken),
      reasoningTokens: 0,
    },
  };
}

function proseFor(candidate: string, promptText: string): string {
  const words = promptText.split(/\s+/).filter((word) => word !== "").length;
  const shown = promptText.trim().slice(0, shownPromptCharacters).toWellFormed().trim();
  const seed = hash(`${candidate}\n${promptText}`);
  const chosen = Array.from(
    { length: 2 + (seed % (remarks.length - 1)) },
    (_, index) => remarks[(seed + index) % remarks.length],
  );
  return [
    `No provider is configured: this answer is simulated, in the place of ${candidate}.`,
    `The prompt has ${words} ${words === 1 ? "word" : "words"} and begins "${shown}".`,
    ...chosen,
  ].join(" ");
}

/** FNV-1a, 32 bit: spreads prompts over answers; nothing depends on its strength. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) {
    value = Math.imul(value ^ text.charCodeAt(at), 0x01000193);
  }
  return value >>> 0;
}
