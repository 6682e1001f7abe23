import { createHash } from "node:crypto";
import { conversationText } from "../annotation-prompt.ts";
import { highestRating, lowestRating, parseRating } from "../scoring/rubric-verdict.ts";
import { askStrictly } from "./ask-strictly.ts";
import { framed, framingRules } from "./framing.ts";
import type { Judge } from "./judge.ts";

/** What the ratings mean, unless the user has a rubric of his own. */
export const defaultRubric = `Rate how well the answer serves the person who wrote the prompt, from 1 to 10:
9-10: right and complete; does what was asked, in the form that was asked for; nothing of it misleads.
7-8: right in all that matters; small gaps or clumsiness that cost the reader little.
5-6: useful in part: a notable omission, error or departure from what was asked, which the reader can mend.
3-4: mostly wrong, or misses the point; little of it can be used.
1-2: wrong, empty, evasive without need, harmful, or about something else.
Judge correctness before anything else: check facts, computations and code step by step. Length is no merit: a short answer
that does all that was asked is as good as a long one. Neither are confidence, politeness or formatting that nobody asked for.`;

const wantedEnd = `one line that has nothing but the rating in double square brackets, such as [[7]].`;
const notePrefixCharacters = 400;

/** A model that rates each answer by itself, 1 to 10, by a rubric, after giving its reasons. */
export function rubricJudge(options: {
  readonly model: string;
  readonly rubric?: string | undefined;
}): Judge {
  const rubric = options.rubric ?? defaultRubric;
  const system = `You are a strict and fair judge of answers. ${framingRules}\n\n${rubric}\n\nFirst give your reasons in a few sentences. End your reply with ${wantedEnd}`;
  return {
    settings: {
      kind: "rubric",
      model: options.model,
      rubric,
      rubricSha256: sha256(system),
      instructions: system,
    },
    needsReference: false,
    comparesWith: undefined,
    model: options.model,
    calls: { usual: 1, most: 2 },
    calibration: { kind: "linear", lowest: lowestRating, highest: highestRating },
    async judge({ prompt, text }, tools) {
      const parts = [
        framed("prompt", conversationText(prompt)),
        ...prompt.references.map((reference) => framed("an answer known to be right", reference)),
        framed("answer to judge", text),
      ];
      const { verdict, reply } = await askStrictly(tools, {
        call: "rating",
        messages: [
          { role: "system", content: system },
          {
            role: "user",
            content: `${parts.join("\n\n")}\n\nRate the answer. End your reply with ${wantedEnd}`,
          },
        ],
        wantedEnd,
        parse: parseRating,
      });
      return { raw: verdict, note: reply.slice(0, notePrefixCharacters).toWellFormed() };
    },
  };
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
