import { multiplexed, register, type Registration, serveGrpc, type Serving } from "@ipr/grpc";
import { type EmbedRequest, EmbeddingService, type PredictRequest, QualityService } from "@ipr/proto";

/** A real gRPC server whose answers the test decides, and which can be killed and brought back. */
export interface FakeNeighbour extends AsyncDisposable {
  readonly address: string;
  /** What it does before it answers: wait, or throw. */
  before: () => Promise<void>;
  kill(): Promise<void>;
  restart(): Promise<void>;
}

export interface FakeEmbedding extends FakeNeighbour {
  readonly texts: string[];
}

export interface FakeQuality extends FakeNeighbour {
  readonly requests: PredictRequest[];
  /** By candidate. */
  qualities: Readonly<Record<string, number>>;
  /** The active bundle. */
  bundle: string;
  /** What tolerance 0.25 saves by the table of each loaded bundle. */
  savings: Readonly<Record<string, number>>;
  /** The bundles whose table was asked for. */
  readonly tablesAsked: string[];
}

export async function fakeEmbedding(): Promise<FakeEmbedding> {
  const texts: string[] = [];
  const embed = async ({ text }: EmbedRequest) => {
    texts.push(text);
    await neighbour.before();
    return { encoder: "fake@1", values: [1, 0] };
  };
  const neighbour: FakeNeighbour = await startNeighbour(
    register(EmbeddingService, {
      embed,
      embedStream: multiplexed(EmbeddingService.method.embed, embed, onUnexpected) as never,
      getEncoder: async () => ({ encoder: "fake@1", dimension: 2, maxTokens: 8 }),
    }),
  );
  return Object.assign(neighbour, { texts });
}

export async function fakeQuality(): Promise<FakeQuality> {
  const requests: PredictRequest[] = [];
  const tablesAsked: string[] = [];
  const notServed = async () => {
    throw new Error("policy never asks for this");
  };
  const predict = async (request: PredictRequest) => {
    requests.push(request);
    await quality.before();
    const known = Object.entries(quality.qualities).filter(([name]) => request.candidates.includes(name));
    return {
      bundle: quality.bundle,
      calibration: "calibration-1",
      estimates: known.map(([candidate, value]) => ({
        candidate,
        quality: value,
        qualityLow: value,
        qualityHigh: value,
        logit: 0.5,
      })),
    };
  };
  const neighbour = await startNeighbour(
    register(QualityService, {
      predict,
      predictStream: multiplexed(QualityService.method.predict, predict, onUnexpected) as never,
      getBundle: async ({ bundle = quality.bundle }) => {
        tablesAsked.push(bundle);
        const saving = quality.savings[bundle];
        if (saving === undefined) throw new Error(`bundle ${bundle} is not loaded`);
        const points = [
          { tolerance: 0, qualityRatio: 1, saving: 0 },
          { tolerance: 0.25, qualityRatio: 0.875, saving },
        ];
        const toleranceTable = { pool: ["cheap", "middle", "strong"], reference: "strong", points };
        return { bundle, encoder: "fake@1", toleranceTable };
      },
      listBundles: notServed,
      reloadBundles: notServed,
      rollBackBundle: notServed,
    }),
  );
  const quality: FakeQuality = Object.assign(neighbour, {
    requests,
    tablesAsked,
    qualities: {},
    bundle: "bundle-1",
    savings: { "bundle-1": 0.5 },
  });
  return quality;
}

async function startNeighbour(registration: Registration): Promise<FakeNeighbour> {
  const serve = (listen: string) =>
    serveGrpc({ listen, services: [registration], isReady: () => true, onUnexpected });
  let serving: Serving | undefined = await serve("127.0.0.1:0");
  const { address } = serving;
  const kill = async () => {
    await serving?.drain(0);
    serving = undefined;
  };
  return {
    address,
    before: async () => {},
    kill,
    async restart() {
      serving = await serve(address);
    },
    [Symbol.asyncDispose]: kill,
  };
}

function onUnexpected(error: unknown): void {
  throw error;
}
