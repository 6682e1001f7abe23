import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { bradleyTerry, calibrated, fitLogistic } from "./calibration.ts";
import { choiceLetter } from "./choice-letter.ts";
import { commandWords } from "./command-words.ts";
import { cutMiddle } from "./cut-middle.ts";
import { isSameAnswer } from "./normalise-answer.ts";
import { isNear, lastNumber } from "./numeric-answer.ts";
import { parsePreference, type Preference, swapped } from "./pair-verdict.ts";
import { parseRating } from "./rubric-verdict.ts";
import { tokenF1 } from "./token-f1.ts";

test("answers are the same whatever their case, punctuation and articles", () => {
  assert.ok(isSameAnswer("The Eiffel  Tower.", "eiffel tower"));
  assert.ok(!isSameAnswer("Eiffel", "Eiffel tower"));
  assert.ok(!isSameAnswer("?!", ""), "nothing but punctuation is not nothing");
  assert.ok(isSameAnswer("+", "+") && !isSameAnswer("+", "-"));
});

test("F1 counts words as often as both have them", () => {
  assert.equal(tokenF1("the cat sat", "a cat sat down"), 0.8);
  assert.equal(tokenF1("no no no no", "no"), 0.4);
  assert.equal(tokenF1("", "x"), 0);
  const text = fc.string({ unit: fc.constantFrom("a", "b", "c", " ") });
  fc.assert(fc.property(text, text, (a, b) => tokenF1(a, b) === tokenF1(b, a)));
  fc.assert(fc.property(text, (a) => tokenF1(a, a) === 1));
});

const numbers: [string, number | undefined][] = [
  ["first 3, then 1,234.50 dollars.", 1234.5],
  ["So x = -7", -7],
  ["a temperature of −3°", -3],
  ["1e3", 1000],
  ["it is .5", 0.5],
  ["#### 42.", 42],
  ["between 3-5", 5],
  ["GPT-4o says so", undefined],
  ["none", undefined],
];
for (const [text, expected] of numbers) {
  test(`the last number of "${text}" is ${expected}`, () => {
    assert.equal(lastNumber(text), expected);
  });
}

test("nearness is relative for large numbers and absolute for small ones", () => {
  assert.ok(isNear(1001, 1000, 2 ** -9) && !isNear(1004, 1000, 2 ** -9));
  assert.ok(isNear(0.25, 0, 0.25) && !isNear(0.5, 0, 0.25));
});

const choices: [string, string | undefined][] = [
  ["C", "C"],
  ["(b)", "B"],
  ["B. The mitochondrion", "B"],
  ["A is wrong because of X. The answer is (D).", "D"],
  ["**Answer: C**", "C"],
  [String.raw`Thus \boxed{A}`, "A"],
  ["First I thought the answer is A. But the correct answer is B", "B"],
  ["Considering everything:\nE", "E"],
  ["The correct option is **D** since it holds.", "D"],
  ["A cat sat there", undefined],
  ["The answer is a matter of taste", undefined],
  ["I don't know", undefined],
];
for (const [text, expected] of choices) {
  test(`the choice in "${text.replaceAll("\n", " ")}" is ${expected}`, () => {
    assert.equal(choiceLetter(text), expected);
  });
}

test("a rating counts only alone on the last line and within the scale", () => {
  assert.equal(parseRating("Clear and right.\n\n[[8]]"), 8);
  assert.equal(parseRating("Good.\n**Rating: [[10]]**\n"), 10);
  for (const garbage of [
    "",
    "8",
    "[[0]]",
    "[[11]]",
    "[[7.5]]",
    "[[9]] is what it asks for",
    "[[9]]\nno",
    "[[]]",
  ])
    assert.equal(parseRating(garbage), undefined, garbage);
});

test("a preference counts only alone on the last line", () => {
  assert.equal(parsePreference("A is clearer.\n[[A>B]]"), 1);
  assert.equal(parsePreference("Verdict: [[B>>A]]"), -2);
  assert.equal(parsePreference("[[A = B]]"), 0);
  for (const garbage of ["A>B", "[[A>A]]", "[[A<B]]", "[[A>B]] and [[B>A]]", "[[A>B]]\nor so"])
    assert.equal(parsePreference(garbage), undefined, garbage);
});

test("a judge that goes by position says tie, and one that does not says what it said", () => {
  assert.deepEqual(swapped(2, 2), { steps: 0, agrees: false });
  assert.deepEqual(swapped(2, -1), { steps: 1.5, agrees: true });
  assert.deepEqual(swapped(1, 0), { steps: 0, agrees: false });
  const preference = fc.constantFrom<Preference>(-2, -1, 0, 1, 2);
  // Exchanging the two answers exchanges the winner.
  fc.assert(fc.property(preference, preference, (a, b) => swapped(a, b).steps + swapped(b, a).steps === 0));
});

test("one step of preference is 0.75, two are 0.9, a tie is 0.5", () => {
  const scores = [0, 1, 2, -1].map((steps) => calibrated(steps, bradleyTerry));
  assert.deepEqual(
    scores.map((score) => score.toFixed(6)),
    ["0.500000", "0.750000", "0.900000", "0.250000"],
  );
});

test("the scale's ends become 0 and 1", () => {
  const linear = { kind: "linear", lowest: 1, highest: 9 } as const;
  assert.deepEqual(
    [1, 5, 9, 12].map((raw) => calibrated(raw, linear)),
    [0, 0.5, 1, 1],
  );
});

test("a fitted map puts the quartiles at 0.25, 0.5 and 0.75 and keeps every order", () => {
  const map = fitLogistic([-4, 0, 2, 8, 6]);
  assert.deepEqual(
    [0, 2, 6].map((raw) => calibrated(raw, map).toFixed(2)),
    ["0.32", "0.50", "0.81"],
  );
  const symmetric = fitLogistic([0, 1, 2, 3, 4]);
  assert.deepEqual(
    [1, 2, 3].map((raw) => calibrated(raw, symmetric).toFixed(6)),
    ["0.250000", "0.500000", "0.750000"],
  );
  const reward = fc.double({ min: -50, max: 50, noNaN: true });
  fc.assert(
    fc.property(fc.array(reward, { minLength: 1 }), reward, reward, (rewards, a, b) => {
      const fitted = fitLogistic(rewards);
      const [low, high] = [calibrated(Math.min(a, b), fitted), calibrated(Math.max(a, b), fitted)];
      assert.ok(low >= 0 && low <= high && high <= 1);
    }),
  );
});

test("command lines split as a shell splits them", () => {
  assert.deepEqual(commandWords(`docker run  -v '{dir}':/w "a b" c\\ d ''`), [
    "docker",
    "run",
    "-v",
    "{dir}:/w",
    "a b",
    "c d",
    "",
  ]);
  assert.equal(commandWords("bwrap 'x"), undefined);
  assert.deepEqual(commandWords("  "), []);
});

test("long text loses its middle, and says how much", () => {
  assert.equal(cutMiddle("abcdef", 4), "ab\n[... 2 characters left out ...]\nef");
  assert.equal(cutMiddle("abcd", 4), "abcd");
});
