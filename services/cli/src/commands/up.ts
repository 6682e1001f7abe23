import { stat } from "node:fs/promises";
import { join } from "node:path";
import { type ExecutionProvider, executionProviders } from "@ipr/encoders";
import { invalidField } from "@ipr/errors";
import { type Environment, processLogger, runService } from "@ipr/service";
import { createStandalone, defaultStateDir, renderBanner, shipped } from "@ipr/standalone";
import { Command, Option } from "commander";
import { oneLine } from "../output/one-line.ts";
import { shippedBundleOf, shippedStandIn } from "./shipped-bundle.ts";
import { encoderReference } from "./encoder-reference.ts";
import { parseAddress, parseCount } from "./options.ts";

interface UpOptions {
  readonly http: string;
  readonly grpc: string;
  readonly state?: string;
  readonly ephemeral?: true;
  readonly registry: string;
  readonly bundle?: string;
  readonly standInBundle?: string;
  readonly shadowBundle?: string;
  readonly encoder: string;
  readonly encoderProvider: ExecutionProvider;
  readonly encoderWorkers: number;
  readonly standInEncoder?: string;
  readonly standInAfterMs: number;
}

export function upCommand(environment: Environment): Command {
  const stateDir = defaultStateDir(environment, process.platform);
  return new Command("up")
    .description(
      "Runs the router in one process: gRPC, the OpenAI-compatible edge and an embedded event store.",
    )
    .option("--http <host:port>", "where the OpenAI-compatible edge listens", parseAddress, "127.0.0.1:8080")
    .option("--grpc <host:port>", "where gRPC listens", parseAddress, "127.0.0.1:50051")
    .option(
      "--state <directory>",
      `where events and what was learned are kept (default: ${stateDir}, or simulated/ in it while no provider is configured)`,
    )
    .option("--ephemeral", "keep events and what was learned in memory only")
    .option("--registry <file>", "candidates and routers", shipped.registryFile)
    .option(
      "--bundle <directory>",
      "the trained estimator, or a link to one; replaced without a restart when it changes (default: that of the shipped encoder)",
    )
    .option(
      "--stand-in-bundle <directory>",
      "one for another encoder, which answers that encoder's embeddings",
    )
    .option("--shadow-bundle <directory>", "one that answers nothing and is compared with the one that does")
    .option(
      "--encoder <reference>",
      "the encoder the bundle was trained with: a directory, or static or minilm for a shipped one",
      encoderReference,
      shipped.encoderDir,
    )
    .addOption(
      new Option(
        "--encoder-provider <name>",
        "what computes an ONNX encoder; refused when it does not run here",
      )
        .choices(executionProviders)
        .default("cpu"),
    )
    .option("--encoder-workers <n>", "threads that encode with an ONNX encoder", parseCount(1), 1)
    .option(
      "--stand-in-encoder <reference>",
      "a static encoder that answers when the other is late or gone; needs --stand-in-bundle",
      encoderReference,
    )
    .option(
      "--stand-in-after-ms <n>",
      "how long the encoder may take before the stand-in answers",
      parseCount(1),
      25,
    )
    .addHelpText(
      "after",
      `
Providers come from the registry, or from the environment:
  IPR_UPSTREAM_BASE_URL, IPR_UPSTREAM_API_KEY  any OpenAI-compatible server, for every candidate
  OPENAI_API_KEY, ANTHROPIC_API_KEY            the candidates of that family
Without any, answers are simulated and say so. IPR_LOG_LEVEL is debug, info, warn (default) or error.

Example:
  ipr up --http 127.0.0.1:8080 --grpc 127.0.0.1:50051 --state ./state
  ipr up --encoder minilm
  ipr up --encoder minilm --bundle my-bundle --stand-in-encoder static --stand-in-bundle my-static-bundle`,
    )
    .action(async (options: UpOptions) => {
      const logger = processLogger("standalone", "warn");
      await runService(
        "standalone",
        async ({ resources, isAccepting }) => {
          const isShipped = options.bundle === undefined && options.standInEncoder === undefined;
          const standIn = isShipped ? shippedStandIn(options.encoder) : undefined;
          const standInBundle = options.standInBundle ?? standIn?.bundle;
          const standInEncoder = options.standInEncoder ?? standIn?.encoder;
          await refuseMissing(options.shadowBundle, "--shadow-bundle");
          const standalone = resources.use(
            await createStandalone({
              bundleDir: options.bundle ?? shippedBundleOf(options.encoder),
              ...(standInBundle !== undefined && { standInBundleDir: standInBundle }),
              ...(options.shadowBundle !== undefined && { shadowBundleDir: options.shadowBundle }),
              encoderDir: options.encoder,
              encoderProvider: options.encoderProvider,
              encoderWorkers: options.encoderWorkers,
              ...(standInEncoder !== undefined && { standInEncoderDir: standInEncoder }),
              standInAfterMs: options.standInAfterMs,
              registryFile: options.registry,
              ...stateOf(options, stateDir),
              environment,
              logger,
              isAccepting,
            }),
          );
          const { http, grpc } = await standalone.serve({
            http: options.http,
            grpc: options.grpc,
          });
          const where = { http: http.address, grpc: grpc.address };
          process.stdout.write(renderBanner({ ...standalone.facts, ...where }));
          return { serving: [http, grpc] };
        },
        {
          logger,
          onFailure: (error) => process.stderr.write(`error: ${oneLine(error)}\n`),
        },
      );
    });
}

/** A shadow that turns bad later keeps nobody from serving; one that never was there is a slip of the pen. */
async function refuseMissing(directory: string | undefined, option: string): Promise<void> {
  if (directory === undefined) return;
  await stat(directory).catch(() => {
    throw invalidField(
      option,
      `there is no ${directory}: give the directory of a bundle, as ipr train writes it`,
    );
  });
}

/** What simulated answers teach is kept apart, unless the caller names one directory for all. */
function stateOf(
  { ephemeral, state }: UpOptions,
  defaultDir: string,
): { readonly stateDir: string | undefined; readonly simulatedStateDir?: string } {
  if (ephemeral) return { stateDir: undefined };
  if (state !== undefined) return { stateDir: state };
  return { stateDir: defaultDir, simulatedStateDir: join(defaultDir, "simulated") };
}
