import assert from "node:assert/strict";
import { test } from "node:test";
import { parseAddress, parseCount, parseNames, parseShare } from "./options.ts";

test("a share outside [0, 1], or no number, is refused with what would be right", () => {
  assert.equal(parseShare("0.1"), 0.1);
  for (const bad of ["1.5", "-0.1", "ten", "", "NaN"])
    assert.throws(() => parseShare(bad), /between 0 and 1/);
});

test("a count is whole and large enough", () => {
  assert.equal(parseCount(1)("12"), 12);
  for (const bad of ["0", "1.5", "x", ""])
    assert.throws(() => parseCount(1)(bad), /whole number of at least 1/);
});

test("names are separated by commas and none is empty", () => {
  assert.deepEqual(parseNames("a, b"), ["a", "b"]);
  assert.throws(() => parseNames("a,,b"), /empty name/);
});

test("an address has a port", () => {
  assert.equal(parseAddress("127.0.0.1:0"), "127.0.0.1:0");
  for (const bad of ["localhost", "localhost:", "localhost:70000"])
    assert.throws(() => parseAddress(bad), /host:port/);
});
