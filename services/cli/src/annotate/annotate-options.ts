import { readFile } from "node:fs/promises";
import { invalidField } from "@ipr/errors";
import { readRegistry, resolveEndpoints } from "@ipr/registry";
import type { Environment } from "@ipr/service";
import type { AnnotationOptions } from "@ipr/trainer";

/** What a test command gets of this process's environment: enough to find programs, and never a key. */
const passedVariables = ["PATH", "HOME", "LANG", "TMPDIR"] as const;

/** The options of `ipr annotate`, as they were given. */
export interface AnnotateCommandOptions {
  readonly prompts?: string;
  readonly candidates?: string[];
  readonly judge?: string;
  readonly out?: string;
  readonly registry: string;
  readonly reference?: string;
  readonly rubric?: string;
  readonly command?: string;
  readonly sandbox?: string;
  readonly unsafeNoSandbox?: true;
  readonly commandTimeoutMs: number;
  readonly rewardPointer?: string;
  readonly rewardKeyEnv?: string;
  readonly rewardMap?: { readonly location: number; readonly scale: number };
  readonly concurrency: number;
  readonly timeoutMs: number;
  readonly maxOutputTokens: number;
  readonly maxJudgeOutputTokens: number;
  readonly temperature?: number;
  readonly maxUsd?: number;
  readonly allowUnknownPrices?: true;
  readonly allowSimulated?: true;
  readonly retryFailed?: true;
  readonly dryRun?: true;
  readonly queue?: string;
  readonly job: string;
  readonly ackWaitMs: number;
  readonly enqueue?: true;
  readonly collect?: true;
  readonly json?: true;
}

/** The models looked up, files read, keys found. */
export async function annotationOptions(
  options: AnnotateCommandOptions,
  environment: Environment,
): Promise<AnnotationOptions> {
  const { rewardKeyEnv, rewardMap } = options;
  return {
    ...options,
    candidates: needed(options.candidates, "--candidates"),
    registry: resolveEndpoints(await readRegistry(options.registry), environment).registry,
    judge: {
      spec: needed(options.judge, "--judge"),
      reference: options.reference,
      rubric: options.rubric === undefined ? undefined : await readRubric(options.rubric),
      command: options.command,
      sandbox: options.sandbox,
      allowNoSandbox: options.unsafeNoSandbox,
      commandTimeoutMs: options.commandTimeoutMs,
      commandEnvironment: passed(environment),
      rewardPointer: options.rewardPointer,
      rewardKey: rewardKeyEnv === undefined ? undefined : needed(environment[rewardKeyEnv], rewardKeyEnv),
      rewardMap: rewardMap && { kind: "logistic", ...rewardMap, origin: "given with --reward-map" },
    },
  };
}

async function readRubric(file: string): Promise<string> {
  const text = (await readFile(file, "utf8")).trim();
  if (text === "") throw invalidField("--rubric", `${file} is empty, but must say what makes an answer good`);
  return text;
}

function passed(environment: Environment): Record<string, string> {
  return Object.fromEntries(
    passedVariables.flatMap((name) => {
      const value = environment[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

/** An option that only some ways to annotate need. */
export function needed<T>(value: T | undefined, option: string): T {
  if (value === undefined || value === "") throw invalidField(option, "is needed; see ipr annotate --help");
  return value;
}
