/** Weights are stored as little-endian 16-bit floats: half the size, and far finer than training noise. */
export function toFloat16Bytes(values: Float32Array): Uint8Array {
  const bytes = new Uint8Array(values.length * 2);
  const view = new DataView(bytes.buffer);
  values.forEach((value, i) => view.setFloat16(i * 2, value, true));
  return bytes;
}

/** A plain loop: `Float32Array.from` takes ten times as long, while a server that loads a bundle answers nobody. */
export function fromFloat16Bytes(bytes: Uint8Array): Float32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const values = new Float32Array(bytes.length / 2);
  for (let i = 0; i < values.length; i++) values[i] = view.getFloat16(i * 2, true);
  return values;
}
