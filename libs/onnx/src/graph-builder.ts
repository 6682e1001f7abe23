import { type Attribute, contribDomain, modelBytes, type Node, type Port } from "./model-bytes.ts";
import { type Constant, type ElementType, integers } from "./tensor.ts";

/** A tensor inside a graph that is being built. */
export interface Value {
  readonly name: string;
}

export type Attributes = Readonly<Record<string, number | string | readonly number[]>>;

/** Builds an ONNX graph by calling functions in the order of the computation. */
export interface GraphBuilder {
  input(name: string, type: ElementType, shape: readonly (number | string)[]): Value;
  constant(constant: Constant): Value;
  /** An operator of one output. A whole number is an integer attribute; see `reals` for a real one. */
  op: AddOperator;
  /** The same for the operators that onnxruntime adds to ONNX (domain `com.microsoft`), mostly fused ones. */
  contrib: AddOperator;
  /** Cuts a tensor along an axis into parts of the given sizes. */
  split(value: Value, sizes: readonly number[], axis: number): Value[];
  output(name: string, value: Value, type: ElementType, shape: readonly (number | string)[]): void;
  /** The model as ONNX bytes. */
  bytes(): Uint8Array;
}

/** An input that is undefined is an optional one that is left out. */
type AddOperator = (
  operator: string,
  inputs: readonly (Value | undefined)[],
  attributes?: Attributes,
  reals?: Reals,
) => Value;

/** Attributes that are real numbers even when they are whole. */
export type Reals = Readonly<Record<string, number>>;

export function createGraph(name: string): GraphBuilder {
  const inputs: Port[] = [];
  const outputs: Port[] = [];
  const nodes: Node[] = [];
  const constants = new Map<string, Constant>();
  let values = 0;
  const nextName = (kind: string): string => `${kind}_${values++}`;

  const operatorsOf =
    (domain: string): AddOperator =>
    (operator, operands, attributes = {}, reals = {}) => {
      const output = nextName(operator);
      nodes.push({
        operator,
        domain,
        inputs: operands.map((operand) => operand?.name ?? ""),
        outputs: [output],
        attributes: {
          ...Object.fromEntries(Object.entries(attributes).map(([key, value]) => [key, toAttribute(value)])),
          ...Object.fromEntries(Object.entries(reals).map(([key, float]) => [key, { float }])),
        },
      });
      return { name: output };
    };
  const constant: GraphBuilder["constant"] = (content) => {
    const name = nextName("constant");
    constants.set(name, content);
    return { name };
  };

  return {
    input(name, type, shape) {
      inputs.push({ name, type, shape });
      return { name };
    },
    constant,
    op: operatorsOf(""),
    contrib: operatorsOf(contribDomain),
    split(value, sizes, axis) {
      const parts = sizes.map(() => nextName("Split"));
      nodes.push({
        operator: "Split",
        domain: "",
        inputs: [value.name, constant(integers(sizes)).name],
        outputs: parts,
        attributes: { axis: { int: axis } },
      });
      return parts.map((name) => ({ name }));
    },
    output(name, value, type, shape) {
      nodes.push({ operator: "Identity", domain: "", inputs: [value.name], outputs: [name], attributes: {} });
      outputs.push({ name, type, shape });
    },
    bytes: () => modelBytes({ name, inputs, outputs, nodes, constants }),
  };
}

function toAttribute(value: number | string | readonly number[]): Attribute {
  if (typeof value === "string") return { string: value };
  if (typeof value === "number") return { int: value };
  return { ints: value };
}
