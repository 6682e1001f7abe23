import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { membersOf, TooDeep, withMembers } from "./json-members.ts";

const rewrite = (text: string, changes: Record<string, string | undefined>) =>
  withMembers(membersOf(text, 64), new Map(Object.entries(changes)));

test("what is not changed stays as it was written, digit by digit", () => {
  const text = '{ "seed": 12345678901234567890, "t": 1.0,"model":"ipr/x", "s" : "a\\u00e9\\"}," }';
  assert.equal(
    rewrite(text, { model: '"gpt"' }),
    '{"seed": 12345678901234567890,"t": 1.0,"s" : "a\\u00e9\\"},","model":"gpt"}',
  );
});

test("every spelling and every repeat of a changed key goes", () => {
  assert.equal(
    rewrite('{"model":1,"mod\\u0065l":2,"ipr":{"a":[1,{"model":3}]}}', { model: '"m"', ipr: undefined }),
    '{"model":"m"}',
  );
});

test("nesting deeper than allowed is refused before anything is parsed", () => {
  assert.throws(() => membersOf('{"a":'.repeat(9), 8), TooDeep);
  assert.throws(() => membersOf("[".repeat(5_000_000), 8), TooDeep);
  assert.equal(membersOf('{"a":[[[]]]}', 4).length, 1);
});

test("brackets and quotes inside strings do not count", () => {
  assert.deepEqual(
    membersOf('{"a":"[[[[\\\\","b":"\\"{{{{"}', 2).map(({ key }) => key),
    ["a", "b"],
  );
});

test("for any object, a rewrite without changes parses to the same value", () => {
  const dictionary = fc.dictionary(fc.string(), fc.jsonValue());
  fc.assert(
    fc.property(dictionary, fc.constantFrom(0, 1, 2), (value, indent) => {
      const text = JSON.stringify(value, null, indent);
      assert.deepEqual(JSON.parse(rewrite(text, {})), JSON.parse(text));
    }),
  );
});

test("any text at all is scanned without harm", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom("{", "}", "[", "]", '"', "\\", ",", ":", "a") }),
      (text) => {
        membersOf(text, 1_000_000);
      },
    ),
  );
});
