import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { IprError, messageOf, status } from "@ipr/errors";
import { openSession, type Session } from "./session.ts";

/** What computes a graph. */
export const executionProviders = ["cpu", "cuda", "tensorrt"] as const;
export type ExecutionProvider = (typeof executionProviders)[number];

/** The names onnxruntime gives them in a profile. TensorRT may leave operators to CUDA, which is the same device. */
const onDevice: Readonly<Record<Exclude<ExecutionProvider, "cpu">, readonly string[]>> = {
  cuda: ["CUDAExecutionProvider"],
  tensorrt: ["TensorrtExecutionProvider", "CUDAExecutionProvider"],
};

/** Operators that are nearly all of an encoder's work: one of them on the CPU is a fall back, a Reshape is not. */
const heavyOperator = /MatMul|Gemm|Attention|Conv/;

/** Operators a profile saw, by the provider that ran them. */
export interface RanOperator {
  readonly operator: string;
  readonly provider: string;
}

/**
 * Opens a session on the given provider and makes sure that it is the one that computes. onnxruntime refuses a provider
 * whose libraries are missing, but gives operators that a provider cannot do to the CPU without a word; so `tryOut` runs
 * the graph once under the profiler, which tells who ran what.
 *
 * @throws IprError BAD_CONFIG when the provider is not there or leaves matrix products to the CPU.
 */
export async function openVerifiedSession(
  model: Uint8Array,
  { provider, threads }: { readonly provider: ExecutionProvider; readonly threads: number },
  tryOut: (session: Session) => Promise<unknown>,
): Promise<Session> {
  if (provider === "cpu") {
    const session = await openSession(model, { provider, threads });
    await tryOut(session);
    return session;
  }
  const dir = await mkdtemp(join(tmpdir(), "ipr-profile-"));
  try {
    const session = await openSession(model, { provider, threads, profilePrefix: join(dir, "run") }).catch(
      (error: unknown) => {
        throw refused(provider, messageOf(error), error);
      },
    );
    await tryOut(session);
    session.endProfiling();
    const [file] = await readdir(dir);
    checkWhoRan(provider, readProfile(await readFile(join(dir, file ?? ""), "utf8")));
    return session;
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

/** @throws IprError BAD_CONFIG when the operators were not run by the provider. */
export function checkWhoRan(provider: Exclude<ExecutionProvider, "cpu">, ran: readonly RanOperator[]): void {
  const wanted = onDevice[provider];
  const elsewhere = ran.filter(
    ({ operator, provider: by }) => !wanted.includes(by) && heavyOperator.test(operator),
  );
  const [first] = elsewhere;
  if (first !== undefined) {
    const where = `${elsewhere.length} matrix products ran on ${first.provider}, ${first.operator} among them`;
    throw refused(provider, `${where}; an int8 graph has none of its operators there, use an fp32 one`);
  }
  if (!ran.some(({ provider: by }) => wanted.includes(by)))
    throw refused(provider, "it ran no operator of this graph");
}

/** The part of an event of onnxruntime's profile that is read. */
interface ProfileEvent {
  readonly args?: { readonly op_name?: string; readonly provider?: string };
}

/** The operators of an onnxruntime profile that say who ran them. */
export function readProfile(json: string): RanOperator[] {
  return (JSON.parse(json) as ProfileEvent[]).flatMap(({ args }) => {
    const { op_name: operator, provider } = args ?? {};
    return operator && provider ? [{ operator, provider }] : [];
  });
}

function refused(provider: ExecutionProvider, problem: string, cause?: unknown): IprError {
  const message = `execution provider ${provider} does not run here: ${problem}. Set the provider to cpu, or install its libraries (services/embedding/README.md)`;
  return new IprError(status.FAILED_PRECONDITION, "BAD_CONFIG", message, {
    metadata: { setting: "provider" },
    cause,
  });
}
