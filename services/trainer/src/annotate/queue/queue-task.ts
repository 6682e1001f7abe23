import { createHash } from "node:crypto";
import { IprError, status } from "@ipr/errors";
import type { WorkTask } from "@ipr/events";
import { z } from "zod";
import { type AnnotationPrompt, parseAnnotationPrompt, promptDigest } from "../annotation-prompt.ts";

/** What one worker does at a time: one candidate's answer, or all of a prompt where they share the reference's. */
export interface QueueTask {
  readonly prompt: AnnotationPrompt;
  readonly candidates: readonly string[];
}

const Wire = z.object({ prompt: z.unknown(), line: z.int(), candidates: z.array(z.string()).min(1) });

/** The same task has the same id, so that one that is enqueued twice is done once. */
export function encodeTask({ prompt, candidates }: QueueTask): WorkTask {
  const { line, references, ...rest } = prompt;
  const reference = references.length === 0 ? undefined : references;
  const digest = createHash("sha256").update(JSON.stringify([prompt.id, promptDigest(prompt), candidates]));
  return {
    id: digest.digest("hex"),
    data: Buffer.from(JSON.stringify({ prompt: { ...rest, reference }, line, candidates })),
  };
}

/** @throws IprError BAD_DATA when it is no task of this version's. */
export function decodeTask({ id, data }: WorkTask): QueueTask {
  const wire = Wire.parse(JSON.parse(Buffer.from(data).toString("utf8")));
  const prompt = parseAnnotationPrompt(wire.prompt, wire.line);
  if (typeof prompt === "string")
    throw new IprError(status.INVALID_ARGUMENT, "BAD_DATA", `the task ${id} in the queue ${prompt}`, {
      metadata: { file: "queue", line: "0" },
    });
  return { prompt, candidates: wire.candidates };
}
