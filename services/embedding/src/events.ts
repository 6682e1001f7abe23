import { metrics } from "@opentelemetry/api";
import type { EncoderObserver, OpenedEncoder } from "@ipr/encoders";
import { messageOf } from "@ipr/errors";
import type { Logger } from "@ipr/service";
import { scope } from "@ipr/telemetry";
import { createRarely } from "./domain/rarely.ts";
import type { StandInReason } from "./encode-or-stand-in.ts";

/** Everything the service logs and counts. */
export interface EmbeddingEvents extends Required<EncoderObserver> {
  encoderLoaded(encoder: OpenedEncoder, standIn: { readonly id: string } | undefined): void;
  encoderUnreachable(error: unknown): void;
  textEmbedded(how: { cached: boolean }): void;
  textShed(): void;
  standInAnswered(reason: StandInReason, error: unknown): void;
}

/** An overload would fill the log: of each kind, one line is written in this time. The metrics have every case. */
const logPauseMs = 10_000;

export function createEvents(logger: Logger): EmbeddingEvents {
  const meter = metrics.getMeter(scope);
  const embedded = meter.createCounter("ipr.embedding.texts", { description: "texts turned into vectors" });
  const shed = meter.createCounter("ipr.embedding.shed", {
    description: "texts that found the queue of the encoder full",
  });
  const stoodIn = meter.createCounter("ipr.embedding.stand_in", {
    description: "texts that the stand-in encoded, by why the encoder did not",
  });
  const batchTexts = meter.createHistogram("ipr.embedding.batch.texts", {
    description: "texts of a batch",
  });
  const batchDuration = meter.createHistogram("ipr.embedding.batch.duration", {
    description: "time to encode a batch",
    unit: "ms",
  });
  const waitDuration = meter.createHistogram("ipr.embedding.queue.duration", {
    description: "time the first text of a batch waited",
    unit: "ms",
  });
  const crashes = meter.createCounter("ipr.embedding.worker.crashes", {
    description: "worker threads that ended by themselves",
  });
  const nowMs = () => performance.now();
  const shedLog = createRarely(logPauseMs, nowMs);
  const standInLog = createRarely(logPauseMs, nowMs);
  return {
    encoderLoaded: (encoder, standIn) => {
      const { id, dimension, computesOn } = encoder;
      logger.info("encoder_loaded", { encoder: id, dimension, computesOn, standIn: standIn?.id ?? "none" });
      meter
        .createObservableGauge("ipr.embedding.queue.depth", {
          description: "texts that wait to be encoded: what an autoscaler should look at",
        })
        .addCallback((result) => result.observe(encoder.queueDepth()));
    },
    encoderUnreachable: (error) => logger.warn("encoder_unreachable", { error: messageOf(error) }),
    textEmbedded: ({ cached }) => embedded.add(1, { cached }),
    textShed: () => {
      shed.add(1);
      shedLog((unlogged) => logger.warn("text_shed", { unlogged }));
    },
    standInAnswered: (reason, error) => {
      stoodIn.add(1, { reason });
      standInLog((unlogged) =>
        logger.warn("stand_in_answered", { reason, error: messageOf(error), unlogged }),
      );
    },
    batchEncoded: ({ texts, waitMs, runMs }) => {
      batchTexts.record(texts);
      waitDuration.record(waitMs);
      batchDuration.record(runMs);
    },
    workerCrashed: ({ error, restartsLeft }) => {
      crashes.add(1);
      logger.error("encoder_worker_crashed", { error, restartsLeft });
    },
  };
}
