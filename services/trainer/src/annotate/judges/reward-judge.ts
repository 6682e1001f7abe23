import { messageOf } from "@ipr/errors";
import { request } from "undici";
import { pause } from "../asking/pause.ts";
import { conversationText, messagesOf } from "../annotation-prompt.ts";
import type { Calibration } from "../scoring/calibration.ts";
import { type Judge, NotJudged } from "./judge.ts";

const requestTimeoutMs = 60_000;
const maxReplyBytes = 1024 * 1024;
const maxAttempts = 5;
const firstPauseMs = 1_000;
const maxRetryAfterMs = 600_000;
const defaultPointer = "/reward";

export interface RewardJudgeOptions {
  readonly url: string;
  /** Where in the reply the reward is, as a JSON pointer; `/reward` by default. */
  readonly pointer?: string | undefined;
  /** Sent as a bearer token. */
  readonly key?: string | undefined;
  /** Given, instead of fitted on the rewards. */
  readonly calibration?: Calibration | undefined;
}

/** A reward model behind HTTP: it gets the conversation and the answer as JSON, and gives a number on a scale of its own. */
export function rewardJudge({ url, pointer = defaultPointer, key, calibration }: RewardJudgeOptions): Judge {
  return {
    settings: { kind: "reward", url, pointer },
    needsReference: false,
    comparesWith: undefined,
    model: undefined,
    calls: { usual: 0, most: 0 },
    calibration,
    async judge({ prompt, text }, { signal }) {
      const body = JSON.stringify({
        prompt: conversationText(prompt),
        messages: [...messagesOf(prompt), { role: "assistant", content: text }],
        answer: text,
      });
      const reward = valueAt(await post({ url, key, body, signal }), pointer);
      if (typeof reward !== "number" || !Number.isFinite(reward))
        throw new NotJudged(`the reward endpoint's reply has no number at ${pointer}`);
      return { raw: reward };
    },
  };
}

interface Post {
  readonly url: string;
  readonly key: string | undefined;
  readonly body: string;
  readonly signal: AbortSignal;
}

/** Posts until there is a reply; busy and broken servers get a pause, the one they ask for where they do. */
async function post(options: Post): Promise<unknown> {
  let pauseMs = firstPauseMs;
  for (let attempt = 1; ; attempt++) {
    const end = await postOnce(options);
    if (end.kind === "reply") return end.value;
    const waitMs = end.retryAfterMs ?? pauseMs;
    if (!end.isPassing || attempt >= maxAttempts || waitMs > maxRetryAfterMs)
      throw new NotJudged(`the reward endpoint gave no reward: ${end.why}`, { isPassing: true });
    await pause(waitMs, options.signal);
    pauseMs *= 2;
  }
}

type PostEnd =
  | { readonly kind: "reply"; readonly value: unknown }
  | {
      readonly kind: "failed";
      readonly why: string;
      readonly isPassing: boolean;
      readonly retryAfterMs?: number | undefined;
    };

async function postOnce({ url, key, body, signal }: Post): Promise<PostEnd> {
  try {
    const response = await request(url, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
      },
      body,
      signal: AbortSignal.any([signal, AbortSignal.timeout(requestTimeoutMs)]),
    });
    const text = await readText(response.body);
    const { statusCode } = response;
    if (statusCode >= 200 && statusCode < 300) return { kind: "reply", value: JSON.parse(text) };
    const seconds = Number(response.headers["retry-after"] ?? Number.NaN);
    return {
      kind: "failed",
      why: `HTTP ${statusCode}`,
      isPassing: statusCode >= 500 || statusCode === 429 || statusCode === 408,
      retryAfterMs: seconds >= 0 ? seconds * 1000 : undefined,
    };
  } catch (error) {
    signal.throwIfAborted();
    return { kind: "failed", why: messageOf(error), isPassing: !(error instanceof SyntaxError) };
  }
}

async function readText(body: AsyncIterable<Uint8Array>): Promise<string> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of body) {
    size += part.length;
    if (size > maxReplyBytes) throw new Error(`its reply is larger than ${maxReplyBytes} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts).toString("utf8");
}

/** RFC 6901, as far as replies need it. */
function valueAt(root: unknown, pointer: string): unknown {
  let value = root;
  for (const part of pointer.split("/").slice(1)) {
    const name = part.replaceAll("~1", "/").replaceAll("~0", "~");
    value = (value as Readonly<Record<string, unknown>> | null | undefined)?.[name];
  }
  return value;
}
