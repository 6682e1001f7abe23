import assert from "node:assert/strict";
import { test } from "node:test";
import { z } from "zod";
import { parseConfig } from "./config.ts";
import { renderHelp } from "./help.ts";
import { processSettings } from "./process-settings.ts";

const Config = z.strictObject({
  listen: z.string().default("127.0.0.1:50051").describe("host:port of the gRPC server"),
  tolerance: z
    .number()
    .min(0, "must be between 0 and 1 (a share, not percent)")
    .max(1, "must be between 0 and 1 (a share, not percent)")
    .default(0.1)
    .describe("tolerance of a request that names none, a share"),
  target: z.string({ error: "must be set: host:port of the estimator" }).describe("where the estimator is"),
  verbose: z.boolean().default(false).describe("says more"),
});

test("defaults hold and the environment overrides them with the right types", () => {
  const config = parseConfig("policy", Config, {
    IPR_POLICY_TARGET: "quality:50051",
    IPR_POLICY_TOLERANCE: "0.25",
    IPR_POLICY_VERBOSE: "true",
  });
  assert.deepEqual(config, {
    listen: "127.0.0.1:50051",
    tolerance: 0.25,
    target: "quality:50051",
    verbose: true,
  });
});

test("every problem is listed, with the variable, its value and what would be right", () => {
  const parse = () =>
    parseConfig("policy", Config, { IPR_POLICY_TOLERANCE: "5", IPR_POLICY_VERBOSE: "maybe" });
  assert.throws(parse, (error: Error) => {
    assert.match(error.message, /IPR_POLICY_TOLERANCE is 5: must be between 0 and 1/);
    assert.match(error.message, /IPR_POLICY_TARGET is not set: must be set/);
    assert.match(error.message, /IPR_POLICY_VERBOSE is "maybe"/);
    return true;
  });
});

test("an empty variable means the default, as charts leave them", () => {
  const config = parseConfig("policy", Config, { IPR_POLICY_TARGET: "x:1", IPR_POLICY_LISTEN: "" });
  assert.equal(config.listen, "127.0.0.1:50051");
});

test("what every service can be told is checked too, and empty means the default", () => {
  assert.deepEqual(processSettings({ IPR_DRAIN_MS: "", IPR_LOG_LEVEL: "" }), { drainMs: 20_000 });
  assert.deepEqual(processSettings({ IPR_DRAIN_MS: "0", IPR_LOG_LEVEL: "warn" }), {
    drainMs: 0,
    logLevel: "warn",
  });
  assert.throws(
    () => processSettings({ IPR_DRAIN_MS: "20s", IPR_LOG_LEVEL: "loud" }),
    (error: Error) => {
      assert.match(error.message, /IPR_DRAIN_MS is "20s"/);
      assert.match(error.message, /IPR_LOG_LEVEL is "loud"/);
      return true;
    },
  );
});

test("help shows every setting with its default and effect", () => {
  const help = renderHelp("policy", Config);
  assert.match(
    help,
    /IPR_POLICY_TOLERANCE {2}tolerance of a request that names none, a share \(number, default 0.1\)/,
  );
  assert.match(help, /IPR_POLICY_TARGET/);
  assert.match(help, /IPR_DRAIN_MS +how long .* \(integer, default 20000\)/);
  assert.match(help, /IPR_LOG_LEVEL .* \(debug \| info \| warn \| error\)/);
});
