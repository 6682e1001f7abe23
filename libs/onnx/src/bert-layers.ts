import type { Activation, BertShape } from "./bert-graph.ts";
import type { GraphBuilder, Value } from "./graph-builder.ts";

/** The named layers of a checkpoint applied to one input; their results lie side by side on the last axis. */
export type Linear = (x: Value, names: readonly string[]) => Value;
/** A row of the named table for each id. */
export type Lookup = (name: string, ids: Value) => Value;

/** The repeated parts of a BERT encoder. */
export interface BertLayers {
  /** The sum of both, normalised. The second may lack the batch axis. */
  addNormalised(x: Value, skip: Value, name: string): Value;
  transform(x: Value, mask: Value, name: string): Value;
}

export function createLayers(
  g: GraphBuilder,
  { hidden, heads, layerNormEpsilon, activation }: BertShape,
  linear: Linear,
  load: (name: string) => Value,
): BertLayers {
  const addNormalised: BertLayers["addNormalised"] = (x, skip, name) =>
    g.contrib(
      "SkipLayerNormalization",
      [x, skip, load(`${name}.weight`), load(`${name}.bias`)],
      {},
      { epsilon: layerNormEpsilon },
    );

  return {
    addNormalised,
    transform(x, mask, name) {
      const parts = ["query", "key", "value"].map((part) => `${name}.attention.self.${part}`);
      const [query, key, value] = g.split(linear(x, parts), [hidden, hidden, hidden], 2);
      const mixed = g.contrib("MultiHeadAttention", [query, key, value, undefined, mask], {
        num_heads: heads,
      });
      const attended = linear(mixed, [`${name}.attention.output.dense`]);
      const middle = addNormalised(attended, x, `${name}.attention.output.LayerNorm`);
      const wide = activate(g, activation, linear(middle, [`${name}.intermediate.dense`]));
      return addNormalised(linear(wide, [`${name}.output.dense`]), middle, `${name}.output.LayerNorm`);
    },
  };
}

function activate(g: GraphBuilder, activation: Activation, x: Value): Value {
  switch (activation) {
    case "gelu":
      return g.op("Gelu", [x]);
    case "gelu_new":
    case "gelu_pytorch_tanh":
      return g.op("Gelu", [x], { approximate: "tanh" });
    case "relu":
      return g.op("Relu", [x]);
    default:
      return activation satisfies never;
  }
}
