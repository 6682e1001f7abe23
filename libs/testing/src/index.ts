export { seededRandom } from "@ipr/evaluation";
export { bertTokenizer } from "./bert-tokenizer.ts";
export { fakeUpstream, type FakeUpstream, type UpstreamRequest } from "./fake-upstream.ts";
export { manualClock, type ManualClock } from "./manual-clock.ts";
export { startNats, type NatsServer } from "./start-nats.ts";
export { startProcess, type ProcessOptions, type RunningProcess } from "./start-process.ts";
export { temporaryDirectory, type TemporaryDirectory } from "./temporary-directory.ts";
export {
  errorAnswer,
  type Answer,
  type AnswerWriter,
  type Pieces,
  type SentEvent,
  type TokenUsage,
} from "./upstream-answer.ts";
export { waitFor, type WaitOptions } from "./wait-for.ts";
