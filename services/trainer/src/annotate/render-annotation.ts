import type { Candidate } from "@ipr/proto";
import { writeWhole } from "../evaluate/write-whole.ts";
import { annotationNotes } from "./annotation-notes.ts";
import { isSimulated } from "./annotation-options.ts";
import type { AnnotationPrompt } from "./annotation-prompt.ts";
import type { AnnotationSettings } from "./annotation-settings.ts";
import { type ChosenCalibration, chooseCalibration } from "./choose-calibration.ts";
import type { FileJournal } from "./journal/file-journal.ts";
import type { Judge } from "./judges/judge.ts";
import type { OutputFiles } from "./output-files.ts";
import { renderRows } from "./render-rows.ts";
import { type PromptResult, resultsOf } from "./results.ts";
import { type CandidateSummary, SummaryBuilder } from "./summary.ts";

export interface RenderOptions {
  readonly journal: FileJournal;
  readonly prompts: readonly AnnotationPrompt[];
  readonly candidates: readonly Candidate[];
  readonly judge: Judge;
  readonly judgeModel: Candidate | undefined;
  readonly settings: AnnotationSettings;
  readonly files: OutputFiles;
  readonly now: () => number;
}

export interface RenderedAnnotation extends ChosenCalibration {
  readonly files: OutputFiles;
  readonly rows: number;
  readonly candidates: readonly CandidateSummary[];
  /** What all calls of this journal count for: known costs, and the most where a cost is unknown. */
  readonly chargedUsd: number;
  /** Every model was simulated: nothing was spent, whatever the sums say. */
  readonly isSimulated: boolean;
  /** What a reader of the labels must know of them. */
  readonly notes: readonly string[];
}

/** Writes the rows and what is known about them, from the journal alone: whoever has it can write them again. */
export async function renderAnnotation(options: RenderOptions): Promise<RenderedAnnotation> {
  const { journal, prompts, judge, files } = options;
  const names = options.candidates.map(({ name }) => name);
  const results = () => resultsOf(journal, prompts, names);
  const chosen = await chooseCalibration(journal, judge, {
    scores: () => journal.scores(),
    isComplete: await isComplete(results()),
  });
  const builders = names.map((name) => new SummaryBuilder(name, chosen.calibration));
  const rows = await renderRows(files.rows, passedBy(results(), builders), chosen.calibration);
  const candidates = builders.map((builder) => builder.summary());
  const rendered = {
    ...chosen,
    files,
    rows,
    candidates,
    chargedUsd: journal.chargedUsd,
    isSimulated: [...options.candidates, options.judgeModel ?? []].flat().every(isSimulated),
    notes: annotationNotes({
      candidates: options.candidates,
      judge,
      summaries: candidates,
      isProvisional: chosen.isProvisional,
    }),
  };
  await writeWhole(files.meta, `${JSON.stringify(metaOf(options, rendered), null, 2)}\n`);
  return rendered;
}

async function isComplete(results: AsyncIterable<PromptResult>): Promise<boolean> {
  for await (const { answers } of results)
    if (answers.some(({ raw, failure }) => raw === undefined && failure === undefined)) return false;
  return true;
}

async function* passedBy(
  results: AsyncIterable<PromptResult>,
  builders: readonly SummaryBuilder[],
): AsyncGenerator<PromptResult> {
  for await (const result of results) {
    for (const builder of builders) builder.add(result);
    yield result;
  }
}

/** The `.meta.json` beside the rows: prices, as `ipr train` reads them, and how the scores came about. */
function metaOf({ candidates, settings, prompts, now }: RenderOptions, rendered: RenderedAnnotation): object {
  const { calibration, isProvisional, rows, chargedUsd, notes } = rendered;
  return {
    prices: Object.fromEntries(
      candidates.flatMap(({ name, price }) =>
        price
          ? [
              [
                name,
                {
                  input_per_1m_usd: price.inputUsdPerMtok,
                  cached_input_per_1m_usd: price.cachedInputUsdPerMtok,
                  output_per_1m_usd: price.outputUsdPerMtok,
                  source: price.source,
                  as_of: price.asOf,
                },
              ] as const,
            ]
          : [],
      ),
    ),
    annotation: {
      formatVersion: 1,
      writtenAt: new Date(now()).toISOString(),
      settings,
      calibration: { ...calibration, isProvisional },
      prompts: prompts.length,
      rows,
      spentAtMostUsd: chargedUsd,
      notes,
      candidates: rendered.candidates,
    },
  };
}
