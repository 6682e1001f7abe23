import assert from "node:assert/strict";
import { test } from "node:test";
import { status } from "@grpc/grpc-js";
import { fromServiceError, fromStatus, toServiceError, toStatus } from "./grpc-status.ts";
import { IprError, invalidField } from "./ipr-error.ts";

test("an error survives the hop with its reason, metadata, violations and retry delay", () => {
  const sent = new IprError(status.RESOURCE_EXHAUSTED, "OVERLOADED", "the queue is full", {
    metadata: { queue: "embed", limit: "64" },
    violations: [{ field: "text", description: "too much of it" }],
    retryAfterMs: 1500,
  });
  const received = fromServiceError(toServiceError(sent), "embedding");
  assert.deepEqual(received, sent);
});

test("an invalid field is named in the message and in BadRequest", () => {
  const error = fromStatus(toStatus(invalidField("tolerance", "must be between 0 and 1")));
  assert.equal(error.message, "tolerance: must be between 0 and 1");
  assert.deepEqual(error.violations, [{ field: "tolerance", description: "must be between 0 and 1" }]);
});

test("an error of grpc-js itself names the neighbour", () => {
  const error = fromServiceError({ code: status.UNAVAILABLE, details: "connection refused" }, "quality");
  assert.equal(error.reason, "NEIGHBOUR_DOWN");
  assert.equal(error.message, "quality: connection refused");
  assert.equal(error.metadata["neighbour"], "quality");
});
