import type { BertShape, BertWeights } from "./bert-graph.ts";
import type { CheckpointTensor } from "./safetensors.ts";

export interface TinyBertSizes {
  readonly vocabulary: number;
  readonly positions: number;
  readonly intermediate: number;
}

/** For tests: the names and shapes of a BERT checkpoint of any size, with weights from a fixed sequence. */
export function tinyBertTensors(shape: BertShape, sizes: TinyBertSizes): Map<string, CheckpointTensor> {
  const { hidden, layers } = shape;
  const tensors = new Map<string, CheckpointTensor>();
  let state = 1;
  const add = (name: string, ...dimensions: number[]): void => {
    const length = dimensions.reduce((product, size) => product * size, 1);
    const data = Float32Array.from({ length }, () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return state / 2 ** 32 - 0.5;
    });
    tensors.set(name, { shape: dimensions, data });
  };
  const linear = (name: string, to: number, from: number): void => {
    add(`${name}.weight`, to, from);
    add(`${name}.bias`, to);
  };
  const layerNorm = (name: string): void => {
    add(`${name}.weight`, hidden);
    add(`${name}.bias`, hidden);
  };
  add("embeddings.word_embeddings.weight", sizes.vocabulary, hidden);
  add("embeddings.position_embeddings.weight", sizes.positions, hidden);
  add("embeddings.token_type_embeddings.weight", 2, hidden);
  layerNorm("embeddings.LayerNorm");
  for (let i = 0; i < layers; i++) {
    const name = `encoder.layer.${i}`;
    for (const part of ["query", "key", "value"]) linear(`${name}.attention.self.${part}`, hidden, hidden);
    linear(`${name}.attention.output.dense`, hidden, hidden);
    layerNorm(`${name}.attention.output.LayerNorm`);
    linear(`${name}.intermediate.dense`, sizes.intermediate, hidden);
    linear(`${name}.output.dense`, hidden, sizes.intermediate);
    layerNorm(`${name}.output.LayerNorm`);
  }
  return tensors;
}

export function tinyBertWeights(shape: BertShape, sizes: TinyBertSizes): BertWeights {
  const tensors = tinyBertTensors(shape, sizes);
  return (name) => tensors.get(name)!;
}

/** A checkpoint as the bytes of a safetensors file. */
export function safetensorsBytes(tensors: ReadonlyMap<string, CheckpointTensor>): Uint8Array {
  let offset = 0;
  const header: Record<string, unknown> = { __metadata__: { format: "pt" } };
  for (const [name, { shape, data }] of tensors) {
    header[name] = { dtype: "F32", shape, data_offsets: [offset, offset + data.byteLength] };
    offset += data.byteLength;
  }
  const json = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  return Buffer.concat([length, json, ...[...tensors.values()].map(({ data }) => Buffer.from(data.buffer))]);
}
