export { joinData } from "./data/join-data.ts";
export { type LabelledPrompt, type Split, splitOf, splits } from "./data/labelled-prompt.ts";
export { readLabelledPrompts } from "./data/read-labelled-prompts.ts";
export { distill, type DistillOptions } from "./distill/distill.ts";
export { type GoldenVector, readGoldenVectors } from "./distill/golden-vectors.ts";
export type { OnProgress, Progress } from "./progress.ts";
export { train, type TrainedCandidate, type TrainOptions, type TrainReport } from "./train/train.ts";
