import { createHash } from "node:crypto";
import { createWriteStream } from "node:fs";
import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { IprError, messageOf, status } from "@ipr/errors";
import { Agent, fetch, type Response } from "undici";
import type { OnProgress } from "../progress.ts";

/** A repository of models at a revision (a branch, a tag or a commit). */
export interface HubRepository {
  readonly name: string;
  readonly revision: string;
}

export const publicHub = "https://huggingface.co";

const connectTimeoutMs = 10_000;
/** How long the hub may be silent, before its answer or in the middle of a file. */
const silenceTimeoutMs = 30_000;
/** The longest that one file may take altogether. */
const fileTimeoutMs = 30 * 60_000;
const maxFileBytes = 4 * 1024 ** 3;

const neededFiles = ["config.json", "tokenizer.json", "model.safetensors"];
const optionalFiles = ["modules.json", "sentence_bert_config.json", "1_Pooling/config.json"];

const repositoryPattern = /^hf:([A-Za-z0-9][\w.-]*\/[A-Za-z0-9][\w.-]*)(?:@([A-Za-z0-9][\w./-]*))?$/;

/** `hf:owner/name` or `hf:owner/name@revision`; undefined for anything that does not begin with `hf:`. */
export function parseHubReference(reference: string): HubRepository | undefined {
  if (!reference.startsWith("hf:")) return undefined;
  const [, name, revision = "main"] = repositoryPattern.exec(reference) ?? [];
  if (name === undefined || revision.includes("..")) {
    throw new IprError(
      status.INVALID_ARGUMENT,
      "BAD_CONFIG",
      `${reference} is not a repository; write hf:owner/name or hf:owner/name@revision`,
      { metadata: { setting: "from" } },
    );
  }
  return { name, revision };
}

/** What came from the hub. */
export interface Download {
  /** The commit that the revision stood for, if the hub said so. */
  readonly commit: string | undefined;
  readonly files: readonly { readonly name: string; readonly bytes: number; readonly sha256: string }[];
}

/** Fetches the files of a sentence encoder into a directory. Nothing is tried twice: the caller sees why it failed. */
export async function downloadEncoder(
  { name, revision }: HubRepository,
  dir: string,
  { endpoint, onProgress }: { readonly endpoint: string; readonly onProgress: OnProgress },
): Promise<Download> {
  const agent = new Agent({
    connect: { timeout: connectTimeoutMs },
    headersTimeout: silenceTimeoutMs,
    bodyTimeout: silenceTimeoutMs,
  });
  const base = `${endpoint.replace(/\/+$/, "")}/${name}/resolve/${encodeURIComponent(revision)}`;
  const files: { name: string; bytes: number; sha256: string }[] = [];
  let commit: string | undefined;
  try {
    for (const file of [...neededFiles, ...optionalFiles]) {
      const url = `${base}/${file}`;
      const signal = AbortSignal.timeout(fileTimeoutMs);
      const response = await request(url, agent, signal);
      if (response.status === 404 && optionalFiles.includes(file)) {
        await response.body?.cancel();
        continue;
      }
      checkAnswer(url, response);
      commit ??= response.headers.get("x-repo-commit") ?? undefined;
      files.push({ name: file, ...(await save(url, response, join(dir, file), file, onProgress)) });
    }
  } finally {
    await agent.destroy();
  }
  return { commit, files };
}

async function request(url: string, agent: Agent, signal: AbortSignal): Promise<Response> {
  try {
    return await fetch(url, { dispatcher: agent, signal });
  } catch (error) {
    throw hubDown(url, error);
  }
}

function checkAnswer(url: string, response: Response): void {
  if (response.ok && response.body !== null) return;
  const hint =
    response.status === 404
      ? "; config.json, tokenizer.json and model.safetensors in one piece are needed (pickled weights are not read)"
      : "";
  throw new IprError(
    status.FAILED_PRECONDITION,
    "BAD_DATA",
    `${url} was answered with status ${response.status}${hint}`,
    { metadata: { file: url, line: "0" } },
  );
}

async function save(
  url: string,
  response: Response,
  path: string,
  file: string,
  onProgress: OnProgress,
): Promise<{ bytes: number; sha256: string }> {
  const total = Number(response.headers.get("content-length") ?? 0);
  if (total > maxFileBytes) throw tooLarge(url, total);
  await mkdir(dirname(path), { recursive: true });
  const hash = createHash("sha256");
  let bytes = 0;
  const counted = async function* (source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of source) {
      bytes += chunk.length;
      if (bytes > maxFileBytes) throw tooLarge(url, bytes);
      hash.update(chunk);
      onProgress({ stage: `download ${file}`, done: bytes, total });
      yield chunk;
    }
  };
  try {
    await pipeline(Readable.fromWeb(response.body!), counted, createWriteStream(path));
  } catch (error) {
    throw error instanceof IprError ? error : hubDown(url, error);
  }
  return { bytes, sha256: hash.digest("hex") };
}

function tooLarge(url: string, bytes: number): IprError {
  return new IprError(
    status.RESOURCE_EXHAUSTED,
    "TOO_LARGE",
    `${url} has ${bytes} bytes or more, the limit is ${maxFileBytes}`,
  );
}

function hubDown(url: string, error: unknown): IprError {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  return new IprError(
    status.UNAVAILABLE,
    "NEIGHBOUR_DOWN",
    `${url} cannot be fetched: ${messageOf(cause)}; where the network does not allow it, give a directory`,
    { metadata: { neighbour: "hugging-face" }, cause: error },
  );
}
