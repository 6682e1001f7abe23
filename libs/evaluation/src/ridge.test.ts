import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { createMatrix, type Matrix } from "./matrix.ts";
import { seededRandom } from "./random.ts";
import {
  addSums,
  applyRidge,
  ridgeError,
  ridgeSums,
  solveRidge,
  subtractSums,
  withTargets,
} from "./ridge.ts";

interface Case {
  readonly features: Matrix;
  readonly targets: Matrix;
  readonly penalty: number;
}

const cases = fc
  .record({
    rows: fc.integer({ min: 6, max: 40 }),
    features: fc.integer({ min: 2, max: 7 }),
    targets: fc.integer({ min: 1, max: 4 }),
    penalty: fc.constantFrom(0.01, 1, 100),
    seed: fc.nat(),
  })
  .map(({ rows, features, targets, penalty, seed }): Case => {
    const random = seededRandom(seed);
    const isConstant = (column: number) => column === features - 1;
    return {
      features: createMatrix(rows, features, (_, column) => (isConstant(column) ? 1 : 2 * random() - 1)),
      targets: createMatrix(rows, targets, () => random()),
      penalty,
    };
  });

function assertClose(actual: ArrayLike<number>, expected: ArrayLike<number>): void {
  assert.equal(actual.length, expected.length);
  for (let index = 0; index < expected.length; index++)
    assert.ok(
      Math.abs(actual[index]! - expected[index]!) < 1e-8,
      `${index}: ${actual[index]} ${expected[index]}`,
    );
}

/** Gauss and Jordan with pivots on the normal equations, written without regard to speed. */
function solveDirectly({ features, targets, penalty }: Case): number[] {
  const size = features.columns;
  const at = (matrix: Matrix, row: number, column: number) => matrix.values[row * matrix.columns + column]!;
  const sum = (of: (row: number) => number) =>
    Array.from({ length: features.rows }, (_, row) => of(row)).reduce((a, b) => a + b, 0);
  const table = Array.from({ length: size }, (_, i) => [
    ...Array.from(
      { length: size },
      (__, j) =>
        sum((row) => at(features, row, i) * at(features, row, j)) + (i === j && i < size - 1 ? penalty : 0),
    ),
    ...Array.from({ length: targets.columns }, (__, t) =>
      sum((row) => at(features, row, i) * at(targets, row, t)),
    ),
  ]);
  for (let pivot = 0; pivot < size; pivot++) {
    const best = table.slice(pivot).reduce((a, b) => (Math.abs(b[pivot]!) > Math.abs(a[pivot]!) ? b : a));
    const other = table.indexOf(best);
    [table[pivot], table[other]] = [table[other]!, table[pivot]!];
    table[pivot] = table[pivot]!.map((value) => value / best[pivot]!);
    for (let row = 0; row < size; row++) {
      if (row === pivot) continue;
      const times = table[row]![pivot]!;
      table[row] = table[row]!.map((value, column) => value - times * table[pivot]![column]!);
    }
  }
  return table.flatMap((row) => row.slice(size));
}

test("a ridge has the weights of a direct solve of its normal equations", () => {
  fc.assert(
    fc.property(cases, (example) => {
      const { features, targets, penalty } = example;
      assertClose(solveRidge(ridgeSums(features, targets), penalty).values, solveDirectly(example));
    }),
  );
});

test("leaving rows out by subtraction gives the weights of training without them", () => {
  fc.assert(
    fc.property(cases, fc.integer({ min: 2, max: 4 }), ({ features, targets, penalty }, divisor) => {
      const rows = [...Array.from({ length: features.rows }).keys()];
      const group = ridgeSums(
        features,
        targets,
        rows.filter((row) => row % divisor === 0),
      );
      const rest = rows.filter((row) => row % divisor !== 0);
      const left = subtractSums(ridgeSums(features, targets), group);
      assert.equal(left.rows, rest.length);
      const refitted = ridgeSums(features, targets, rest);
      assertClose(solveRidge(left, penalty).values, solveRidge(refitted, penalty).values);
      const together = addSums(refitted, group);
      assertClose(
        solveRidge(together, penalty).values,
        solveRidge(ridgeSums(features, targets), penalty).values,
      );
    }),
  );
});

test("other targets of the same rows need no new Gram matrix", () => {
  fc.assert(
    fc.property(cases, ({ features, targets, penalty }) => {
      const others = createMatrix(targets.rows, 2, (row, column) => row * (column + 1));
      const rows = Uint32Array.from({ length: features.rows }, (_, row) => row);
      const swapped = withTargets(ridgeSums(features, targets), features, others, rows);
      assertClose(
        solveRidge(swapped, penalty).values,
        solveRidge(ridgeSums(features, others), penalty).values,
      );
    }),
  );
});

test("a growing penalty takes the estimates to the mean of the targets", () => {
  fc.assert(
    fc.property(cases, ({ features, targets }) => {
      const estimates = applyRidge(solveRidge(ridgeSums(features, targets), 1e12), features);
      for (let column = 0; column < targets.columns; column++) {
        let mean = 0;
        for (let row = 0; row < targets.rows; row++)
          mean += targets.values[row * targets.columns + column]! / targets.rows;
        assert.ok(Math.abs(estimates.values[column]! - mean) < 1e-6);
      }
    }),
  );
});

test("features without the rows to tell them apart are refused", () => {
  const features = createMatrix(2, 3, (row, column) => (column === 2 ? 1 : row));
  assert.throws(
    () =>
      solveRidge(
        ridgeSums(
          features,
          createMatrix(2, 1, () => 1),
        ),
        0,
      ),
    /larger penalty or more rows/,
  );
});

test("the error by sums is the squared error of the estimates but for the squared targets", () => {
  fc.assert(
    fc.property(cases, ({ features, targets, penalty }) => {
      const sums = ridgeSums(features, targets);
      const weights = solveRidge(sums, penalty);
      const estimates = applyRidge(weights, features).values;
      const squares = targets.values.reduce((sum, value) => sum + value ** 2, 0);
      const error = targets.values.reduce((sum, value, index) => sum + (value - estimates[index]!) ** 2, 0);
      assert.ok(Math.abs(ridgeError(weights, sums) + squares - error) < 1e-8);
    }),
  );
});
