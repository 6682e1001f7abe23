import { openSession, type Session, type TensorData } from "./session.ts";
import {
  type NetworkShape,
  parameterNames,
  parametersOf,
  tellsTopicsApart,
  type Weights,
} from "./network-shape.ts";
import { type Adam, defaultAdam, forwardGraph, trainingGraph } from "./training-graph.ts";

/** One batch, row by row; see `trainingGraph` for what each array means. */
export interface TrainingBatch {
  readonly rows: number;
  readonly x: Float32Array;
  readonly dropout: Float32Array;
  readonly target: Float32Array;
  readonly weight: Float32Array;
  readonly tokenTarget: Float32Array;
  readonly tokenWeight: Float32Array;
  readonly topicTarget: Float32Array;
  readonly topicWeight: Float32Array;
}

/** What the current weights say of a batch, row by row. */
export interface Forward {
  readonly logits: Float32Array;
  readonly logTokens: Float32Array;
  readonly topicShares: Float32Array;
}

export interface StepOptions {
  readonly learningRate: number;
  readonly weightDecay: number;
}

export interface TrainingSession extends AsyncDisposable {
  /** One AdamW step; the loss before it. */
  step(batch: TrainingBatch, options: StepOptions): Promise<number>;
  /** What the current weights say of `rows` rows of features, without dropout. */
  forward(x: Float32Array, rows: number): Promise<Forward>;
  /** A copy of the current weights. */
  weights(): Weights;
}

type State = Readonly<Record<string, TensorData>>;

/** Trains the network from the given weights. Weights and moments ping-pong between two sets of buffers. */
export async function openTrainingSession(
  shape: NetworkShape,
  initial: Weights,
  adam: Adam = defaultAdam,
): Promise<TrainingSession> {
  await using resources = new AsyncDisposableStack();
  const training = resources.use(await openSession(trainingGraph(shape, adam)));
  const forward = resources.use(await openSession(forwardGraph(shape)));
  const owned = resources.move();

  let state = initialState(shape, initial);
  let spare = initialState(shape, initial);
  let steps = 0;
  const hasTopics = tellsTopicsApart(shape);

  return {
    async step(batch, { learningRate, weightDecay }) {
      steps++;
      const { rows, x, dropout, target, weight, tokenTarget, tokenWeight, topicTarget, topicWeight } = batch;
      const perCandidate = [rows, shape.candidates];
      const { loss } = await training.run(
        {
          ...state,
          x: { shape: [rows, shape.features], data: x },
          dropout: { shape: [rows, shape.hidden], data: dropout },
          target: { shape: perCandidate, data: target },
          weight: { shape: perCandidate, data: weight },
          tokenTarget: { shape: perCandidate, data: tokenTarget },
          tokenWeight: { shape: perCandidate, data: tokenWeight },
          ...(hasTopics && {
            topicTarget: { shape: [rows, shape.topics], data: topicTarget },
            topicWeight: { shape: [rows, 1], data: topicWeight },
          }),
          rate: scalarOf(learningRate / (1 - adam.beta1 ** steps)),
          secondScale: scalarOf(1 / (1 - adam.beta2 ** steps)),
          keep: scalarOf(1 - learningRate * weightDecay),
        },
        Object.fromEntries(Object.entries(spare).map(([name, tensor]) => [`next.${name}`, tensor])),
      );
      [state, spare] = [spare, state];
      return Number(loss?.data[0]);
    },
    forward: (x, rows) => runForward(forward, shape, state, { x, rows }),
    weights: () =>
      Object.fromEntries(
        parameterNames.map((name) => [name, Float32Array.from(state[name] ? floatsOf(state[name]) : [])]),
      ) as Weights,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

async function runForward(
  session: Session,
  shape: NetworkShape,
  state: State,
  { x, rows }: { readonly x: Float32Array; readonly rows: number },
): Promise<Forward> {
  const parameters = Object.fromEntries(
    Array.from(parametersOf(shape).keys(), (name) => [name, state[name]!]),
  );
  const input: TensorData = { shape: [rows, shape.features], data: x };
  const { logits, logTokens, topicShares } = await session.run({ ...parameters, x: input });
  return {
    logits: floatsOf(logits),
    logTokens: floatsOf(logTokens),
    topicShares: topicShares ? floatsOf(topicShares) : new Float32Array(rows * shape.topics).fill(1),
  };
}

/** Weights as given, moments zero. */
function initialState(shape: NetworkShape, initial: Weights): State {
  return Object.fromEntries(
    Array.from(parametersOf(shape)).flatMap(([name, dimensions]) => {
      const zeros = (): TensorData => ({ shape: dimensions, data: new Float32Array(initial[name].length) });
      return [
        [name, { shape: dimensions, data: Float32Array.from(initial[name]) }],
        [`first.${name}`, zeros()],
        [`second.${name}`, zeros()],
      ];
    }),
  );
}

function scalarOf(value: number): TensorData {
  return { shape: [], data: Float32Array.of(value) };
}

function floatsOf(tensor: TensorData | undefined): Float32Array {
  if (!(tensor?.data instanceof Float32Array)) throw new TypeError("the graph gave no floats");
  return tensor.data;
}
