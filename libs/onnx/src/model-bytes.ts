import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { type Constant, type ElementType, elementTypeCodes } from "./tensor.ts";

/** An attribute of a node: an integer, a real number, a list of integers, or a word. */
export type Attribute =
  | { readonly int: number }
  | { readonly float: number }
  | { readonly ints: readonly number[] }
  | { readonly string: string };

export interface Node {
  readonly operator: string;
  /** Empty for the operators of ONNX itself. */
  readonly domain: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, Attribute>>;
}

/** A named tensor at the graph's border. A dimension that is a word may have any size. */
export interface Port {
  readonly name: string;
  readonly type: ElementType;
  readonly shape: readonly (number | string)[];
}

export interface Graph {
  readonly name: string;
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
  readonly nodes: readonly Node[];
  readonly constants: ReadonlyMap<string, Constant>;
}

const irVersion = 9;
const opsetVersion = 20;

/** Where onnxruntime keeps the operators that it adds to ONNX. */
export const contribDomain = "com.microsoft";
const contribVersion = 1;

/**
 * A graph as the bytes of an ONNX ModelProto. Field numbers are those of onnx.proto3; we write a handful of messages and
 * read none, so a writer of 100 lines stands for generated code of 10,000.
 */
export function modelBytes(graph: Graph): Uint8Array {
  const writer = new BinaryWriter();
  writer.tag(1, WireType.Varint).int64(irVersion);
  writer.tag(2, WireType.LengthDelimited).string("ipr");
  message(writer, 7, (w) => writeGraph(w, graph));
  writeOpset(writer, "", opsetVersion);
  if (graph.nodes.some(({ domain }) => domain === contribDomain)) {
    writeOpset(writer, contribDomain, contribVersion);
  }
  return writer.finish();
}

function writeOpset(writer: BinaryWriter, domain: string, version: number): void {
  message(writer, 8, (w) => {
    w.tag(1, WireType.LengthDelimited).string(domain);
    w.tag(2, WireType.Varint).int64(version);
  });
}

function writeGraph(writer: BinaryWriter, { name, inputs, outputs, nodes, constants }: Graph): void {
  for (const node of nodes) message(writer, 1, (w) => writeNode(w, node));
  writer.tag(2, WireType.LengthDelimited).string(name);
  for (const [name, constant] of constants) message(writer, 5, (w) => writeConstant(w, name, constant));
  for (const port of inputs) message(writer, 11, (w) => writePort(w, port));
  for (const port of outputs) message(writer, 12, (w) => writePort(w, port));
}

function writeNode(writer: BinaryWriter, { operator, domain, inputs, outputs, attributes }: Node): void {
  for (const input of inputs) writer.tag(1, WireType.LengthDelimited).string(input);
  for (const output of outputs) writer.tag(2, WireType.LengthDelimited).string(output);
  writer.tag(3, WireType.LengthDelimited).string(outputs[0] ?? "");
  writer.tag(4, WireType.LengthDelimited).string(operator);
  for (const [name, value] of Object.entries(attributes))
    message(writer, 5, (w) => writeAttribute(w, name, value));
  if (domain !== "") writer.tag(7, WireType.LengthDelimited).string(domain);
}

function writeAttribute(writer: BinaryWriter, name: string, value: Attribute): void {
  const type = (code: number): BinaryWriter => writer.tag(20, WireType.Varint).int32(code);
  writer.tag(1, WireType.LengthDelimited).string(name);
  if ("float" in value) {
    writer.tag(2, WireType.Bit32).float(value.float);
    type(1);
  } else if ("int" in value) {
    writer.tag(3, WireType.Varint).int64(value.int);
    type(2);
  } else if ("string" in value) {
    writer.tag(4, WireType.LengthDelimited).string(value.string);
    type(3);
  } else {
    for (const int of value.ints) writer.tag(8, WireType.Varint).int64(int);
    type(7);
  }
}

function writeConstant(writer: BinaryWriter, name: string, { type, shape, data }: Constant): void {
  for (const size of shape) writer.tag(1, WireType.Varint).int64(size);
  writer.tag(2, WireType.Varint).int32(elementTypeCodes[type]);
  writer.tag(8, WireType.LengthDelimited).string(name);
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  writer.tag(9, WireType.LengthDelimited).bytes(bytes);
}

function writePort(writer: BinaryWriter, { name, type, shape }: Port): void {
  writer.tag(1, WireType.LengthDelimited).string(name);
  message(writer, 2, (valueType) => {
    message(valueType, 1, (tensor) => {
      tensor.tag(1, WireType.Varint).int32(elementTypeCodes[type]);
      message(tensor, 2, (dimensions) => {
        for (const size of shape) {
          message(dimensions, 1, (w) => {
            if (typeof size === "number") w.tag(1, WireType.Varint).int64(size);
            else w.tag(2, WireType.LengthDelimited).string(size);
          });
        }
      });
    });
  });
}

/** A nested message. Written into a buffer of its own, so that 90 MB of weights are copied once per level. */
function message(writer: BinaryWriter, field: number, write: (writer: BinaryWriter) => void): void {
  const inner = new BinaryWriter();
  write(inner);
  writer.tag(field, WireType.LengthDelimited).bytes(inner.finish());
}
