import { createHash } from "node:crypto";
import { conversationText } from "../annotation-prompt.ts";
import { bradleyTerry } from "../scoring/calibration.ts";
import { parsePreference, swapped } from "../scoring/pair-verdict.ts";
import { askStrictly } from "./ask-strictly.ts";
import { framed, framingRules } from "./framing.ts";
import type { Judge, JudgedAnswer, JudgeTools } from "./judge.ts";

const criteria = `Compare two answers to the same prompt, A and B. Which serves the person who wrote the prompt better?
Judge correctness before anything else: check facts, computations and code step by step. Then completeness, then clarity.
Length, order, confidence, politeness and formatting that nobody asked for are no merit.`;

const wantedEnd =
  "one line that has nothing but the verdict in double square brackets: [[A>>B]] (A is much better), [[A>B]] (A is better), [[A=B]] (as good as each other), [[B>A]] or [[B>>A]].";

/** A model that compares each answer with the reference candidate's, in both orders, so that position decides nothing. */
export function pairsJudge(options: {
  readonly model: string;
  readonly reference: string;
  readonly rubric?: string | undefined;
}): Judge {
  const rubric = options.rubric ?? criteria;
  const system = `You are a strict and fair judge of answers. ${framingRules}\n\n${rubric}\n\nFirst give your reasons in a few sentences. End your reply with ${wantedEnd}`;

  const compare = async (
    order: string,
    [a, b]: readonly [string, string],
    given: JudgedAnswer,
    tools: JudgeTools,
  ) => {
    const { prompt } = given;
    const parts = [
      framed("prompt", conversationText(prompt)),
      ...prompt.references.map((reference) => framed("an answer known to be right", reference)),
      framed("answer A", a),
      framed("answer B", b),
    ];
    const { verdict } = await askStrictly(tools, {
      call: order,
      messages: [
        { role: "system", content: system },
        {
          role: "user",
          content: `${parts.join("\n\n")}\n\nCompare A and B. End your reply with ${wantedEnd}`,
        },
      ],
      wantedEnd,
      parse: parsePreference,
    });
    return verdict;
  };

  return {
    settings: {
      kind: "pairs",
      model: options.model,
      reference: options.reference,
      rubric,
      rubricSha256: createHash("sha256").update(system).digest("hex"),
      instructions: system,
    },
    needsReference: false,
    comparesWith: options.reference,
    model: options.model,
    calls: { usual: 2, most: 4 },
    calibration: bradleyTerry,
    async judge(given, tools) {
      const { text, opponent = "" } = given;
      if (text.trim() === opponent.trim()) return { raw: 0, note: "the same answer: not asked" };
      const asFirst = await compare("as A", [text, opponent], given, tools);
      const asSecond = await compare("as B", [opponent, text], given, tools);
      const { steps, agrees } = swapped(asFirst, asSecond);
      return { raw: steps, note: agrees ? "both orders agree" : "the orders disagree: a tie" };
    },
  };
}
