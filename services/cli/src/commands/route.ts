import { toJson } from "@bufbuild/protobuf";
import { IprError } from "@ipr/errors";
import { connect } from "@ipr/grpc";
import { type RouteResponse, RouteResponseSchema, RouterService } from "@ipr/proto";
import type { Environment } from "@ipr/service";
import type { Standalone } from "@ipr/standalone";
import { Command, Option } from "commander";
import { renderDecision } from "../output/decision.ts";
import { parseAddress, parseNames, parseShare } from "./options.ts";
import { withRouter } from "./with-router.ts";

/** How long a decision may take: one in this process first compiles what it runs. */
const timeoutMs = 10_000;

interface RouteOptions {
  readonly tolerance?: number;
  readonly router?: string;
  readonly candidates?: string[];
  readonly target?: string;
  readonly registry?: string;
  readonly bundle?: string;
  readonly encoder?: string;
  readonly json?: true;
}

export function routeCommand(environment: Environment): Command {
  return new Command("route")
    .description(
      "Decides for one prompt and explains the decision. Decides in this process, or asks --target.",
    )
    .argument("<prompt>", "the prompt; - reads it from standard input")
    .option(
      "--tolerance <share>",
      "predicted quality to give up for a lower price, 0 to 1 (default: the router's)",
      parseShare,
    )
    .option("--router <name>", 'the router to ask (default: "default", or the only one)')
    .option("--candidates <names>", "choose among these only, separated by commas", parseNames)
    .addOption(
      new Option("--target <host:port>", "ask a running router over gRPC, with its own files")
        .argParser(parseAddress)
        .conflicts(["registry", "bundle", "encoder"]),
    )
    .option("--registry <file>", "candidates and routers, without --target (default: the shipped ones)")
    .option("--bundle <directory>", "trained estimator, without --target (default: the shipped one)")
    .option("--encoder <reference>", "the bundle's encoder, without --target (default: the shipped one)")
    .option("--json", "print the RouteResponse in the protobuf JSON mapping")
    .addHelpText("after", '\nExample:\n  ipr route "Prove that sqrt(2) is irrational" --tolerance 0.1')
    .action(async (argument: string, options: RouteOptions) => {
      const prompt = argument === "-" ? await readStandardInput() : argument;
      const decision = await decide(environment, prompt, options);
      process.stdout.write(options.json ? renderJson(decision) : renderDecision(decision));
    });
}

async function decide(
  environment: Environment,
  prompt: string,
  options: RouteOptions,
): Promise<RouteResponse> {
  const request = {
    router: options.router ?? "",
    input: { case: "prompt" as const, value: prompt },
    ...(options.tolerance === undefined ? {} : { tolerance: options.tolerance }),
    candidates: options.candidates ?? [],
  };
  if (options.target === undefined) {
    return withRouter(environment, options, (router, { routers, warnings }) => {
      if (options.registry === undefined) hintAtRegistry(options, { routers, warnings });
      return router.route(request, { timeoutMs });
    });
  }
  const { target } = options;
  const channel = connect({ name: target, target, timeoutMs });
  try {
    return await channel.client(RouterService).route(request);
  } catch (error) {
    if (!(error instanceof IprError) || error.reason !== "NEIGHBOUR_DOWN") throw error;
    throw new IprError(
      error.code,
      error.reason,
      `no router answers at ${target}: is "ipr up" running there?`,
      {
        cause: error,
      },
    );
  } finally {
    channel.close();
  }
}

/** A bundle of one's own and the shipped registry seldom know the same candidates. */
function hintAtRegistry(
  { router, bundle }: RouteOptions,
  { routers, warnings }: Pick<Standalone["facts"], "routers" | "warnings">,
): void {
  if (bundle === undefined) return;
  const asked = router ?? (routers.length === 1 ? routers[0] : "default");
  const warning = warnings.find((text) => text.startsWith(`router ${asked}: the bundle knows none`));
  if (warning !== undefined)
    process.stderr.write(
      `warning: ${warning}; the registry is the shipped one: give --registry FILE with your candidates\n`,
    );
}

/** Every field is printed, also false and zero: a machine should not have to know the defaults. */
function renderJson(decision: RouteResponse): string {
  return `${JSON.stringify(toJson(RouteResponseSchema, decision, { alwaysEmitImplicit: true }), null, 2)}\n`;
}

async function readStandardInput(): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
}
