import assert from "node:assert/strict";
import { test } from "node:test";
import {
  activeCalibrationKey,
  calibrationRevisionKey,
  streamOf,
  streams,
  subjectFor,
  tenantToken,
} from "./streams.ts";

const token = /^[A-Za-z0-9_=-]+$/;

test("distinct tenants have distinct tokens that a subject allows", () => {
  const tenants = ["", "_", "__", "acme", "a.b", "a=2eb", "a b", "*", ">", "café", "-"];
  const tokens = tenants.map(tenantToken);
  assert.equal(new Set(tokens).size, tenants.length);
  for (const each of tokens) assert.match(each, token);
  assert.equal(tenantToken(""), "_");
  assert.equal(tenantToken("acme"), "acme");
});

test("a subject leads back to its stream", () => {
  for (const stream of Object.values(streams)) assert.equal(streamOf(subjectFor(stream, "acme")), stream);
  assert.throws(() => streamOf("ipr.decisions"), /known: ipr\.decision\.<tenant>, ipr\.outcome/);
});

test("a bundle's active calibration and its revisions have different keys, also when the id has dots", () => {
  assert.equal(activeCalibrationKey("b.1"), "b=2e1");
  assert.equal(calibrationRevisionKey("b.1", "c000001"), "b=2e1.c000001");
});
