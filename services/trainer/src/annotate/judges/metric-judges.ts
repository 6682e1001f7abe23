import { choiceLetter } from "../scoring/choice-letter.ts";
import { isSameAnswer } from "../scoring/normalise-answer.ts";
import { isNear, lastNumber } from "../scoring/numeric-answer.ts";
import { tokenF1 } from "../scoring/token-f1.ts";
import type { Judge, Judgement } from "./judge.ts";

/** Whether the answer says the same as a reference, whatever its case, punctuation and articles. */
export function exactJudge(): Judge {
  return metricJudge({ kind: "exact" }, (answer, reference) => Number(isSameAnswer(answer, reference)));
}

/** Whether the last number of the answer is the reference's last number, within a tolerance. */
export function numericJudge(tolerance: number): Judge {
  return metricJudge({ kind: "numeric", tolerance }, (answer, reference) => {
    const [value, expected] = [lastNumber(answer), lastNumber(reference)];
    return Number(value !== undefined && expected !== undefined && isNear(value, expected, tolerance));
  });
}

/** Whether the answer settles on the reference's letter. */
export function choiceJudge(): Judge {
  return metricJudge({ kind: "choice" }, (answer, reference) => {
    const letter = choiceLetter(answer);
    return Number(letter !== undefined && letter === choiceLetter(reference));
  });
}

/** How many words the answer and the reference have in common. */
export function f1Judge(): Judge {
  return metricJudge({ kind: "f1" }, tokenF1);
}

/** A judge that computes: the best over all references. */
function metricJudge(
  settings: Readonly<Record<string, unknown>>,
  metric: (answer: string, reference: string) => number,
): Judge {
  return {
    settings,
    needsReference: true,
    comparesWith: undefined,
    model: undefined,
    calls: { usual: 0, most: 0 },
    calibration: { kind: "identity" },
    async judge({ prompt, text }): Promise<Judgement> {
      return { raw: Math.max(...prompt.references.map((reference) => metric(text, reference))) };
    },
  };
}
