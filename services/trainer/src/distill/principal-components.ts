/** Eigenvectors beyond this many sweeps do not get better in double precision. */
const maxSweeps = 30;

/**
 * The leading principal axes of centred rows, as columns sorted by falling variance: a [dimension, count] matrix.
 * `covariance` is symmetric and is overwritten. Cyclic Jacobi rotations: slow for thousands of dimensions, exact and
 * free of randomness for the hundreds we have.
 */
export function principalAxes(covariance: Float64Array, dimension: number, count: number): Float64Array {
  const vectors = new Float64Array(dimension * dimension);
  for (let i = 0; i < dimension; i++) vectors[i * dimension + i] = 1;
  for (let sweep = 0; sweep < maxSweeps; sweep++) {
    if (sweepOnce(covariance, vectors, dimension) === 0) break;
  }
  const order = Array.from({ length: dimension }, (_, i) => i).toSorted(
    (a, b) => covariance[b * dimension + b]! - covariance[a * dimension + a]!,
  );
  const axes = new Float64Array(dimension * count);
  for (let column = 0; column < count; column++) {
    const from = order[column]!;
    const sign = largestEntry(vectors, dimension, from) < 0 ? -1 : 1;
    for (let i = 0; i < dimension; i++) axes[i * count + column] = sign * vectors[from * dimension + i]!;
  }
  return axes;
}

/** Rotates away every off-diagonal entry once; how many were worth it. `vectors` has an eigenvector per row. */
function sweepOnce(a: Float64Array, vectors: Float64Array, n: number): number {
  let trace = 0;
  for (let i = 0; i < n; i++) trace += Math.abs(a[i * n + i]!);
  const negligible = 1e-14 * (trace / n);
  let rotations = 0;
  for (let p = 0; p < n - 1; p++) {
    for (let q = p + 1; q < n; q++) {
      const entry = a[p * n + q]!;
      if (Math.abs(entry) <= negligible) continue;
      rotations++;
      const theta = (a[q * n + q]! - a[p * n + p]!) / (2 * entry);
      const tangent = (theta < 0 ? -1 : 1) / (Math.abs(theta) + Math.hypot(1, theta));
      const cosine = 1 / Math.hypot(1, tangent);
      const sine = tangent * cosine;
      rotateRows(a, n, p, q, cosine, sine);
      rotateColumns(a, n, p, q, cosine, sine);
      rotateRows(vectors, n, p, q, cosine, sine);
    }
  }
  return rotations;
}

function rotateRows(a: Float64Array, n: number, p: number, q: number, cosine: number, sine: number): void {
  for (let k = 0; k < n; k++) {
    const x = a[p * n + k]!;
    const y = a[q * n + k]!;
    a[p * n + k] = cosine * x - sine * y;
    a[q * n + k] = sine * x + cosine * y;
  }
}

function rotateColumns(a: Float64Array, n: number, p: number, q: number, cosine: number, sine: number): void {
  for (let k = 0; k < n; k++) {
    const x = a[k * n + p]!;
    const y = a[k * n + q]!;
    a[k * n + p] = cosine * x - sine * y;
    a[k * n + q] = sine * x + cosine * y;
  }
}

/** An axis has no sign of its own; the largest entry's decides it, so that the same data give the same axes. */
function largestEntry(vectors: Float64Array, n: number, row: number): number {
  let largest = 0;
  for (let i = 0; i < n; i++) {
    const value = vectors[row * n + i]!;
    if (Math.abs(value) > Math.abs(largest)) largest = value;
  }
  return largest;
}
