import type { OnProgress } from "../progress.ts";
import { fitNeighbours } from "./fit-neighbours.ts";
import { fitNetwork } from "./fit-network.ts";
import { fitRidge } from "./fit-ridge.ts";
import type { FitInput, FittedEstimator } from "./fitted-estimator.ts";

/**
 * What reads the features: `mlp`, a shared hidden layer with a head a candidate, measured to be the best; `ipr`, the
 * paper's head, where a candidate's identity joins the prompt; `ridge`, a linear map; `knn`, the nearest prompts.
 */
export const heads = ["mlp", "ipr", "ridge", "knn"] as const;
export type Head = (typeof heads)[number];

export function fitEstimator(
  head: Head,
  input: Omit<FitInput, "options"> & { readonly options: Omit<FitInput["options"], "heads"> },
  onProgress: OnProgress,
): Promise<FittedEstimator> {
  const withHeads = (kind: FitInput["options"]["heads"]): FitInput => {
    return { ...input, options: { ...input.options, heads: kind } };
  };
  switch (head) {
    case "mlp":
      return fitNetwork(withHeads("linear"), onProgress);
    case "ipr":
      return fitNetwork(withHeads("identity"), onProgress);
    case "ridge":
      return fitRidge(withHeads("linear"), onProgress);
    case "knn":
      return fitNeighbours(withHeads("linear"), onProgress);
    default:
      return head satisfies never;
  }
}
