import { measureInThreads } from "../resampling/measure-in-threads.ts";
import { type Controls, minGroupRows } from "../evaluation.ts";
import type { Means, Sample } from "../sample.ts";
import { controlEstimates, type ControlRows, type ControlTraining } from "./control-estimates.ts";
import { planControls } from "./control-statistics.ts";
import type { Groups } from "./group-prompts.ts";

export interface ControlsInput {
  readonly training: ControlTraining;
  readonly measured: ControlRows;
  readonly sample: Sample;
  readonly means: Means;
  readonly groups: Omit<Groups, "groupOf">;
  readonly seed: number;
  readonly resamples?: number | undefined;
}

/** Trains the stand-in in each way and measures it like the bundle. */
export async function measureControls(
  { training, measured, sample, means, groups, seed, resamples }: ControlsInput,
  onResample: (done: number, total: number) => void,
): Promise<Omit<Controls, "trainingRowsOf">> {
  const rowsByGroup = groups.names.map((_, group) =>
    [...measured.groupOf.keys()].filter((row) => measured.groupOf[row] === group),
  );
  const trainedOn = new Set(training.groupOf);
  const reported = [...groups.names.keys()].filter(
    (group) => trainedOn.has(group) && rowsByGroup[group]!.length >= minGroupRows,
  );
  const input = {
    sample,
    means,
    estimates: controlEstimates(training, measured, groups.names.length, seed),
    groups: reported.map((group) => rowsByGroup[group]!),
    resamples,
  };
  const { measurement } = planControls(input);
  const { controls: figures } = await measureInThreads(
    { kind: "controls", input },
    { controls: measurement },
    { seed, onResample: (done) => onResample(done, measurement.resamples) },
  );
  return {
    resamples: measurement.resamples,
    shuffles: input.estimates.shuffledLabels.length,
    trainingRows: training.features.rows,
    rows: sample.scores.rows,
    groupedBy: groups.groupedBy,
    ...figures,
    groups: Object.fromEntries(
      reported.map((group, index) => [
        groups.names[group]!,
        { rows: rowsByGroup[group]!.length, sources: groups.sources[group]!, ...figures.groups[index]! },
      ]),
    ),
  };
}
