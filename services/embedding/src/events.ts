import { metrics } from "@opentelemetry/api";
import type { Logger } from "@ipr/service";
import { scope } from "@ipr/telemetry";

/** Everything the service logs and counts. */
export interface EmbeddingEvents {
  encoderLoaded(encoder: { id: string; dimension: number }): void;
  textEmbedded(how: { cached: boolean }): void;
  textShed(): void;
}

export function createEvents(logger: Logger): EmbeddingEvents {
  const meter = metrics.getMeter(scope);
  const embedded = meter.createCounter("ipr.embedding.texts", { description: "texts turned into vectors" });
  const shed = meter.createCounter("ipr.embedding.shed", {
    description: "texts refused because too many were encoding",
  });
  return {
    encoderLoaded: ({ id, dimension }) => logger.info("encoder_loaded", { encoder: id, dimension }),
    textEmbedded: ({ cached }) => embedded.add(1, { cached }),
    textShed: () => {
      shed.add(1);
      logger.warn("text_shed");
    },
  };
}
