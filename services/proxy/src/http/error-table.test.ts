import assert from "node:assert/strict";
import { test } from "node:test";
import { IprError, invalidField, status } from "@ipr/errors";
import { protocolError, toHttpError } from "./error-table.ts";

test("a bad field is 400 and names the field as it is on this wire", () => {
  assert.deepEqual(toHttpError(invalidField("tolerance", "must be at most 1")), {
    status: 400,
    body: {
      error: {
        message: "tolerance: must be at most 1",
        type: "invalid_request_error",
        param: "ipr.tolerance",
        code: "invalid_field",
      },
    },
    retryAfterMs: undefined,
  });
  const param = (field: string) => toHttpError(invalidField(field, "is wrong")).body.error.param;
  assert.equal(param("conversation.messages[3].text"), "messages[3].content");
  assert.equal(param("decision_id"), "decisionId");
  assert.equal(param("ipr.session"), "ipr.session");
});

test("an unknown router is the 404 that OpenAI gives for an unknown model", () => {
  const error = new IprError(status.NOT_FOUND, "UNKNOWN_ROUTER", "no router is called x; known: default");
  const { status: httpStatus, body } = toHttpError(error);
  assert.equal(httpStatus, 404);
  assert.deepEqual([body.error.param, body.error.code], ["model", "model_not_found"]);
});

test("failed upstreams are 502, and 503 when they say when to come back", () => {
  const failed = (retryAfterMs?: number) =>
    toHttpError(
      new IprError(
        status.UNAVAILABLE,
        "UPSTREAM_FAILED",
        "all failed",
        retryAfterMs === undefined ? {} : { retryAfterMs },
      ),
    );
  assert.equal(failed().status, 502);
  assert.deepEqual([failed(1500).status, failed(1500).retryAfterMs], [503, 1500]);
  assert.equal(failed().body.error.code, "upstream_failed");
});

test("what is our fault tells the caller nothing of our insides", () => {
  const { status: httpStatus, body } = toHttpError(
    new IprError(status.INTERNAL, "INTERNAL", "internal error"),
  );
  assert.equal(httpStatus, 500);
  assert.deepEqual(body.error, {
    message: "internal error",
    type: "server_error",
    param: null,
    code: "internal",
  });
});

test("errors of HTTP itself have the same shape", () => {
  assert.deepEqual(protocolError(404, "unknown_url", "no such path").body, {
    error: { message: "no such path", type: "invalid_request_error", param: null, code: "unknown_url" },
  });
});
