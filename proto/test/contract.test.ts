import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { test } from "node:test";
import { type DescMessage, fromBinary, toJson } from "@bufbuild/protobuf";
import {
  CalibrationSchema,
  DecisionEventSchema,
  ErrorReason,
  FeedbackEventSchema,
  OutcomeEventSchema,
  RouteRequestSchema,
} from "../src/index.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

test("every error reason is sent by somebody", () => {
  const sources = globSync("{libs,services}/*/src/**/*.ts", { cwd: root, exclude: ["**/*.test.ts"] });
  const code = sources.map((file) => readFileSync(`${root}/${file}`, "utf8")).join("\n");
  const unsent = Object.keys(ErrorReason).filter(
    (reason) => reason !== "UNSPECIFIED" && !code.includes(`"${reason}"`),
  );
  assert.deepEqual(unsent, []);
});

/** Messages as the first build wrote them. They are never regenerated: what is stored must stay readable. */
const recorded: readonly [schema: DescMessage, base64: string, json: object][] = [
  [
    RouteRequestSchema,
    "CgdkZWZhdWx0Eg5XaGF0IGlzIDIgKyAyPyEAAAAAAADQPzoBc0IEYWNtZVBA",
    {
      router: "default",
      prompt: "What is 2 + 2?",
      tolerance: 0.25,
      sessionId: "s",
      tenant: "acme",
      maxOutputTokens: 64,
    },
  ],
  [
    DecisionEventSchema,
    "CgFkEgIIARoEYWNtZSoHZGVmYXVsdDIFc21hbGw6BWxhcmdlQQAAAAAAANA/SAFRAAAAAAAA4D9aLQoFc21hbGwRAAAAAAAA8D8ZAAAAAAAA6D8xAAAAAAAA4D84AUkAAAAAAADwP3gDggEBYooBBG5vbmU=",
    {
      decisionId: "d",
      decidedAt: "1970-01-01T00:00:01Z",
      tenant: "acme",
      router: "default",
      model: "small",
      referenceModel: "large",
      tolerance: 0.25,
      gate: "GATE_DYNAMIC_MAX",
      threshold: 0.5,
      actions: [
        { candidate: "small", logit: 1, quality: 0.75, expectedCostUsd: 0.5, feasible: true, propensity: 1 },
      ],
      trustState: "TRUST_STATE_ROUTE",
      bundle: "b",
      calibration: "none",
    },
  ],
  [
    OutcomeEventSchema,
    "CgFkGgRhY21lKgVzbWFsbDIfCgVzbWFsbBIEbWFpbhjIATEAAAAAAAAUQDoECAMYBDgBSQAAAAAAANA/",
    {
      decisionId: "d",
      tenant: "acme",
      model: "small",
      attempts: [
        {
          candidate: "small",
          endpoint: "main",
          httpStatus: 200,
          durationMs: 5,
          usage: { inputTokens: "3", outputTokens: "4" },
        },
      ],
      completed: true,
      costUsd: 0.25,
    },
  ],
  [
    FeedbackEventSchema,
    "CgFmEgFkIgRhY21lKgR1c2VyMQAAAAAAAOA/",
    { eventId: "f", decisionId: "d", tenant: "acme", source: "user", score: 0.5 },
  ],
  [
    CalibrationSchema,
    "Cg1jMDAwMDAwMDAwMDAxEgFiGgRub25lKiQKBXNtYWxsEQAAAAAAAPA/GQAAAAAAANC/IAMpAAAAAAAACEA=",
    {
      revision: "c000000000001",
      bundle: "b",
      parent: "none",
      maps: [{ candidate: "small", slope: 1, intercept: -0.25, pairs: "3", effectivePairs: 3 }],
    },
  ],
];

for (const [schema, base64, json] of recorded) {
  test(`a stored ${schema.name} still says what it said`, () => {
    assert.deepEqual(toJson(schema, fromBinary(schema, Buffer.from(base64, "base64"))), json);
  });
}
