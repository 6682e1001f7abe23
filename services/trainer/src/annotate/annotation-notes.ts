import type { Candidate } from "@ipr/proto";
import { isSimulated } from "./annotation-options.ts";
import type { Judge } from "./judges/judge.ts";
import type { CandidateSummary } from "./summary.ts";

/** Above this share of answers that reached the output limit, scores tell of the limit rather than of the model. */
const suspiciousCutShare = 0.05;

/** What a reader of the labels must know of them, a sentence each. */
export function annotationNotes(about: {
  readonly candidates: readonly Candidate[];
  readonly judge: Judge;
  readonly summaries: readonly CandidateSummary[];
  readonly isProvisional: boolean;
}): readonly string[] {
  const { candidates, judge, summaries, isProvisional } = about;
  const names = (chosen: readonly Candidate[]) => chosen.map(({ name }) => name).join(", ");
  const notes: string[] = [];
  const simulated = candidates.filter(isSimulated);
  if (simulated.length > 0)
    notes.push(
      `answers of ${names(simulated)} were simulated: these labels are a rehearsal, and nothing was spent on them`,
    );
  const unpriced = candidates.filter(({ price }) => !price);
  if (unpriced.length > 0) notes.push(`what ${names(unpriced)} cost is unknown and in no sum`);
  const ownJudge = candidates.find(({ name }) => name === judge.model);
  if (ownJudge)
    notes.push(
      `${ownJudge.name} judged its own answers: judges tend to prefer those, so take another model's word too`,
    );
  if (isProvisional) notes.push("the map from rewards to scores is provisional until there are more of them");
  for (const { candidate, cut, scored } of summaries)
    if (cut > suspiciousCutShare * scored)
      notes.push(
        `${cut} answers of ${candidate} reached the output limit: raise --max-output-tokens, in a new --out`,
      );
  return notes;
}
