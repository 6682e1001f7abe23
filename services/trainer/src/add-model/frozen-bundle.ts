import { IprError, invalidField, status } from "@ipr/errors";
import { type Bundle, hasPrompt, type LinearAdapter, type TopicModel, type TrunkModel } from "@ipr/estimator";
import { foldOf } from "../train/rows.ts";

/** What a new candidate is fitted to. */
export interface FrozenBundle {
  readonly trunk: TrunkModel;
  /** The other candidates' heads. */
  readonly peers: readonly LinearAdapter[];
  readonly topics: TopicModel | undefined;
  /** The fold that a prompt belongs to, whether the bundle was trained on it or not; undefined where there are none. */
  readonly foldOf: (text: string) => number | undefined;
  /** The fold that a prompt was held out of; undefined for one the bundle was not trained on. */
  readonly heldOutOf: (text: string) => number | undefined;
}

/** The trunk and the heads of all candidates but `name`. A bundle whose heads are not linear is refused. */
export function frozenBundle(dir: string, bundle: Bundle, name: string): FrozenBundle {
  const { trunk, topics, candidates, manifest, trainedOn } = bundle;
  const adapters = candidates.flatMap(({ adapter }) => adapter ?? []);
  const foreign = adapters.find(({ kind }) => kind !== "linear");
  if (trunk.kind !== "layer" || foreign !== undefined) {
    const head = trunk.kind === "layer" ? "ipr" : "knn";
    throw new IprError(
      status.FAILED_PRECONDITION,
      "BAD_BUNDLE",
      `bundle ${dir} was trained with --head ${head}; a candidate can only be added to one of --head mlp or ridge: ` +
        "train it with one of these, or train the candidate with the others from the start",
      { metadata: { bundle: dir, file: "manifest.json" } },
    );
  }
  const others = candidates.filter((candidate) => candidate.name !== name);
  const peers = others.flatMap(({ adapter }) => (adapter?.kind === "linear" ? [adapter] : []));
  const foldOfText = foldReader(trunk, manifest.training);
  const heldOutOf = (text: string) => (hasPrompt(trainedOn, text) ? foldOfText(text) : undefined);
  return { trunk, peers, topics, foldOf: foldOfText, heldOutOf };
}

/** Refuses a candidate that is there already, unless it is to be replaced, and one to replace that is not there. */
export function checkName(dir: string, { candidates }: Bundle, name: string, isReplacing: boolean): void {
  const isThere = candidates.some((candidate) => candidate.name === name);
  if (isThere && !isReplacing) {
    throw invalidField("model", `${name} is already in bundle ${dir}; give --replace to fit it anew`);
  }
  if (!isThere && isReplacing) {
    const known = candidates.map((candidate) => candidate.name).join(", ");
    throw invalidField("replace", `${name} is not in bundle ${dir}, which has ${known}`);
  }
}

function foldReader(
  trunk: TrunkModel,
  { seed, folds }: Bundle["manifest"]["training"],
): (text: string) => number | undefined {
  // With one network, or folds drawn in a way the bundle does not tell, nobody has not seen a prompt of the training.
  if (typeof seed !== "number" || folds !== trunk.folds || folds < 2) return () => undefined;
  return (text) => foldOf(text, { seed, folds });
}
