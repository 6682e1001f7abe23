import { spawn } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  type AnswerWriter,
  type FakeUpstream,
  fakeUpstream,
  temporaryDirectory,
  type UpstreamRequest,
} from "@ipr/testing";

const main = new URL("../src/main.ts", import.meta.url).pathname;

export const usage = { inputTokens: 10, outputTokens: 50 };
/** What one answer costs by the registry below and the usage above. */
export const callUsd = (10 * 1 + 50 * 4) / 1e6;

export interface AnnotateWorld extends AsyncDisposable {
  readonly upstream: FakeUpstream;
  /** A file in this world's directory. */
  at(name: string): string;
  write(name: string, rows: readonly object[]): Promise<string>;
  read(name: string): Promise<string>;
  rows(name: string): Promise<Row[]>;
  /** Starts `ipr annotate` with the registry. */
  start(args: readonly string[]): Started;
  /** The same, to its end. */
  run(args: readonly string[]): Promise<Ended>;
}

export interface Row {
  readonly id: string;
  readonly scores: Readonly<Record<string, number>>;
  readonly output_tokens?: Readonly<Record<string, number>>;
  readonly [name: string]: unknown;
}

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Started {
  readonly ended: Promise<Ended>;
  /** SIGKILL, as a crash would. */
  kill(): Promise<Ended>;
}

/** `ipr annotate` as a process, and an upstream that serves `small`, `large` and `judge`, and `free`, which has no price. */
export async function annotateWorld(): Promise<AnnotateWorld> {
  const directory = await temporaryDirectory();
  const upstream = await fakeUpstream();
  const at = (name: string) => join(directory.path, name);
  await writeFile(at("registry.json"), JSON.stringify(registry(upstream.baseUrl)));

  const start: AnnotateWorld["start"] = (args) => {
    const inherited = Object.entries(process.env).filter(
      ([name]) => !/^(IPR|NODE|OPENAI|ANTHROPIC)_/.test(name),
    );
    const child = spawn(process.execPath, [main, "annotate", "--registry", at("registry.json"), ...args], {
      env: Object.fromEntries(inherited),
      stdio: ["ignore", "pipe", "pipe"],
    });
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
    const ended = new Promise<Ended>((resolve) => {
      child.once("close", (code) => resolve({ code, stdout, stderr }));
    });
    const kill = () => {
      child.kill("SIGKILL");
      return ended;
    };
    return { ended, kill };
  };
  return {
    upstream,
    at,
    start,
    run: (args) => start(args).ended,
    async write(name, rows) {
      await writeFile(at(name), rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
      return at(name);
    },
    read: (name) => readFile(at(name), "utf8"),
    async rows(name) {
      const text = await readFile(at(name), "utf8");
      return text
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line) as Row);
    },
    async [Symbol.asyncDispose]() {
      await upstream[Symbol.asyncDispose]();
      await directory[Symbol.asyncDispose]();
    },
  };
}

function registry(baseUrl: string): object {
  const candidate = (name: string, price: object | undefined) => ({
    name,
    family: "test",
    endpoints: [{ name: "fake", protocol: "openai", baseUrl, upstreamModel: `up-${name}` }],
    ...(price && { price }),
  });
  const price = { inputUsdPerMtok: 1, outputUsdPerMtok: 4, source: "test", asOf: "2026-01-01" };
  return {
    candidates: [
      ...["small", "large", "judge"].map((name) => candidate(name, price)),
      candidate("free", undefined),
    ],
  };
}

/** What a request asks, as text. */
export function asked({ body }: UpstreamRequest): { readonly model: string; readonly text: string } {
  const messages = body["messages"] as readonly { readonly content: string }[];
  return { model: String(body["model"]), text: messages.map(({ content }) => content).join("\n") };
}

/** Answers each request by what it asks. */
export function answering(reply: (question: ReturnType<typeof asked>) => string): AnswerWriter {
  return (request, response) => {
    const message = { role: "assistant", content: reply(asked(request)) };
    response.writeHead(200, { "content-type": "application/json" });
    response.end(
      JSON.stringify({
        id: "c",
        object: "chat.completion",
        choices: [{ index: 0, message, finish_reason: "stop" }],
        usage: { prompt_tokens: usage.inputTokens, completion_tokens: usage.outputTokens },
      }),
    );
  };
}

/** How often each question was asked: by model and text. */
export function counts(requests: readonly UpstreamRequest[]): Map<string, number> {
  const all = new Map<string, number>();
  for (const request of requests) all.set(request.text, (all.get(request.text) ?? 0) + 1);
  return all;
}

/** Options as a command line has them. */
export function flags(values: Readonly<Record<string, string | true>>): readonly string[] {
  return Object.entries(values).flatMap(([name, value]) =>
    value === true ? [`--${name}`] : [`--${name}`, value],
  );
}
