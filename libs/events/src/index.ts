export {
  createBackgroundPublisher,
  type BackgroundPublisher,
  type BackgroundPublisherOptions,
  type PublisherCounts,
} from "./background-publisher.ts";
export { revisionConflict } from "./failure.ts";
export { createEmbeddedBus, type EmbeddedBusOptions } from "./embedded/embedded-bus.ts";
export {
  maxEventBytes,
  type BusNotice,
  type Consumer,
  type EventBus,
  type HandlerFailure,
  type KeyValue,
  type KeyValueChange,
  type KeyValueEntry,
  type NoticeListener,
  type OutgoingEvent,
  type ReceivedEvent,
  type Subscription,
} from "./event-bus.ts";
export {
  decodeDecision,
  decodeFeedback,
  decodeOutcome,
  encodeDecision,
  encodeFeedback,
  encodeOutcome,
  publishDecision,
  publishFeedback,
  publishOutcome,
} from "./messages.ts";
export { createNatsBus, type NatsBusOptions } from "./nats/nats-bus.ts";
export { createNatsWorkQueue, type NatsWorkQueueOptions } from "./nats/nats-work-queue.ts";
export { logNotice, type NoticeLogger } from "./log-notice.ts";
export {
  activeCalibrationKey,
  buckets,
  calibrationRevisionKey,
  streams,
  subjectFor,
  tenantToken,
  type Stream,
} from "./streams.ts";
export type { WorkQueue, WorkTask } from "./work-queue.ts";
