import assert from "node:assert/strict";
import { test } from "node:test";
import { parseSafetensors } from "./safetensors.ts";
import { safetensorsBytes, tinyBertTensors } from "./tiny-bert.ts";

const tensors = tinyBertTensors(
  { layers: 1, hidden: 4, heads: 2, layerNormEpsilon: 1e-12, activation: "gelu" },
  { vocabulary: 5, positions: 3, intermediate: 6 },
);
const bytes = safetensorsBytes(tensors);

test("every tensor comes back", () => {
  assert.deepEqual(parseSafetensors(bytes, "x.safetensors"), tensors);
});

test("a file that is cut off anywhere, or is something else, is refused by name", () => {
  for (let end = 0; end < bytes.length; end++) {
    assert.throws(
      () => parseSafetensors(bytes.subarray(0, end), "x.safetensors"),
      /x\.safetensors is not a safetensors/,
    );
  }
  assert.throws(
    () => parseSafetensors(Buffer.from("hello, this is text"), "y"),
    /y is not a safetensors file/,
  );
});

test("a tensor that claims to lie outside the file is refused", () => {
  const text = Buffer.from(bytes).toString("latin1");
  const moved = Buffer.from(text.replace('"data_offsets":[0,', '"data_offsets":[8,'), "latin1");
  assert.throws(() => parseSafetensors(moved, "x"), /another size than its shape/);
});

test("16-bit floats of both kinds become 32-bit ones, and whole numbers are left out", () => {
  const header = Buffer.from(
    JSON.stringify({
      half: { dtype: "F16", shape: [2], data_offsets: [0, 4] },
      brain: { dtype: "BF16", shape: [2], data_offsets: [4, 8] },
      ids: { dtype: "I64", shape: [1], data_offsets: [8, 16] },
    }),
  );
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  const half = Buffer.from(Uint16Array.of(0x3c00, 0xc100).buffer);
  const brain = Buffer.from(Uint16Array.of(0x3f80, 0xc040).buffer);
  const file = Buffer.concat([length, header, half, brain, Buffer.alloc(8)]);
  assert.deepEqual(
    [...parseSafetensors(file, "x")].map(([name, { data }]) => [name, Array.from(data)]),
    [
      ["half", [1, -2.5]],
      ["brain", [1, -3]],
    ],
  );
});
