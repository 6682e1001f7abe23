/** The element types our graphs use. */
export type ElementType = "float" | "int8" | "int32" | "int64" | "bool";

/** The numbers the ONNX format gives them. */
export const elementTypeCodes: Readonly<Record<ElementType, number>> = {
  float: 1,
  int8: 3,
  int32: 6,
  int64: 7,
  bool: 9,
};

/** A constant of a graph. */
export interface Constant {
  readonly type: ElementType;
  readonly shape: readonly number[];
  readonly data: Float32Array | Int8Array | BigInt64Array;
}

export function floats(shape: readonly number[], data: Float32Array | readonly number[]): Constant {
  return { type: "float", shape, data: data instanceof Float32Array ? data : Float32Array.from(data) };
}

export function scalar(value: number): Constant {
  return floats([], [value]);
}

export function integers(values: readonly number[]): Constant {
  return { type: "int64", shape: [values.length], data: BigInt64Array.from(values, BigInt) };
}

export function bytes(shape: readonly number[], data: Int8Array): Constant {
  return { type: "int8", shape, data };
}
