export { joinData } from "./data/join-data.ts";
export { type LabelledPrompt, type Split, splitOf, splits } from "./data/labelled-prompt.ts";
export { readLabelledPrompts } from "./data/read-labelled-prompts.ts";
