import { invalidField } from "@ipr/errors";
import type { Calibration } from "../scoring/calibration.ts";
import { commandWords } from "../scoring/command-words.ts";
import { commandJudge } from "./command-judge.ts";
import type { Judge } from "./judge.ts";
import { choiceJudge, exactJudge, f1Judge, numericJudge } from "./metric-judges.ts";
import { pairsJudge } from "./pairs-judge.ts";
import { rewardJudge } from "./reward-judge.ts";
import { rubricJudge } from "./rubric-judge.ts";

const defaultNumericTolerance = 1e-6;

/** What a user says about how answers are judged. */
export interface JudgeOptions {
  /** `rubric:MODEL`, `pairs:MODEL`, `reward:URL`, `exact`, `numeric[:TOLERANCE]`, `choice`, `f1` or `command`. */
  readonly spec: string;
  /** The candidate that `pairs` compares with. */
  readonly reference?: string | undefined;
  /** Instead of the built-in criteria of `rubric` and `pairs`. */
  readonly rubric?: string | undefined;
  readonly command?: string | undefined;
  readonly sandbox?: string | undefined;
  readonly allowNoSandbox?: boolean | undefined;
  readonly commandTimeoutMs: number;
  /** What a command gets of the environment: never a provider's key. */
  readonly commandEnvironment: Readonly<Record<string, string>>;
  readonly rewardPointer?: string | undefined;
  readonly rewardKey?: string | undefined;
  readonly rewardMap?: Calibration | undefined;
}

const specs = "rubric:MODEL, pairs:MODEL, reward:URL, exact, numeric[:TOLERANCE], choice, f1 or command";

/** @throws IprError INVALID_FIELD that names the option that is wrong or missing. */
export function createJudge(options: JudgeOptions): Judge {
  const { spec, rubric } = options;
  const [kind, argument] = splitOnce(spec);
  const bare = (judge: () => Judge): Judge => {
    if (argument !== undefined)
      throw invalidField("--judge", `${kind} takes nothing after it, not "${argument}"`);
    return judge();
  };
  switch (kind) {
    case "rubric":
      return rubricJudge({ model: required(argument, "rubric needs a model: rubric:MODEL"), rubric });
    case "pairs":
      return pairsJudge({
        model: required(argument, "pairs needs a model: pairs:MODEL"),
        reference: required(options.reference, "pairs needs --reference CANDIDATE to compare with"),
        rubric,
      });
    case "reward":
      return rewardJudge({
        url: httpUrl(required(argument, "reward needs an address: reward:https://…")),
        pointer: options.rewardPointer,
        key: options.rewardKey,
        calibration: options.rewardMap,
      });
    case "exact":
      return bare(exactJudge);
    case "numeric":
      return numericJudge(tolerance(argument));
    case "choice":
      return bare(choiceJudge);
    case "f1":
      return bare(f1Judge);
    case "command":
      return bare(() =>
        commandJudge({
          ...shutIn(options),
          timeoutMs: options.commandTimeoutMs,
          environment: options.commandEnvironment,
        }),
      );
    default:
      throw invalidField("--judge", `is "${spec}", but must be ${specs}`);
  }
}

function splitOnce(spec: string): readonly [string, string | undefined] {
  const at = spec.indexOf(":");
  return at === -1 ? [spec, undefined] : [spec.slice(0, at), spec.slice(at + 1)];
}

function required(value: string | undefined, problem: string): string {
  if (value === undefined || value === "") throw invalidField("--judge", problem);
  return value;
}

function httpUrl(text: string): string {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol))
    throw invalidField("--judge", `"${text}" is no http or https address`);
  return text;
}

function tolerance(text: string | undefined): number {
  const value = text === undefined ? defaultNumericTolerance : Number(text);
  if (text === "" || !(value >= 0 && Number.isFinite(value)))
    throw invalidField("--judge", `numeric:${text} must have a number of at least 0 after the colon`);
  return value;
}

/** Answers are written by models and may do anything: what runs them must be shut in, unless the user insists. */
function shutIn({ command, sandbox, allowNoSandbox = false }: JudgeOptions) {
  if (command === undefined || command === "")
    throw invalidField(
      "--command",
      "is needed by --judge command: what tests an answer, such as ./run-tests.sh",
    );
  if (sandbox === undefined) {
    if (allowNoSandbox) return { command, sandbox: undefined };
    throw invalidField(
      "--sandbox",
      "is needed by --judge command, since answers may do anything: a command that shuts in what follows it, such as 'bwrap --ro-bind / / --bind {dir} {dir} --unshare-all' (--unsafe-no-sandbox runs it without)",
    );
  }
  const words = commandWords(sandbox);
  if (words === undefined || words.length === 0)
    throw invalidField(
      "--sandbox",
      `is ${JSON.stringify(sandbox)}, but must be a command, with its quotes closed`,
    );
  return { command, sandbox: words };
}
