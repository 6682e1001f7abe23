/** How many surface numbers there are, in the order of `surfaceNames`. */
export const surfaceCount = 13;

/** What each surface number says of a prompt. The order is part of the bundle format: append, never reorder. */
export const surfaceNames = [
  "log_characters", // log(1 + length of the whole text, before any cut)
  "log_words", // log(1 + words)
  "word_length", // mean characters in a word: jargon and code have long ones
  "log_lines", // log(1 + line breaks)
  "digit_share", // digits by characters: arithmetic
  "upper_share", // ASCII capitals by characters: acronyms, names, shouting
  "punctuation_share", // other ASCII marks by characters
  "code_share", // {}[]()<>=_;#&|*/` by characters: code and formulas
  "log_latex", // log(1 + backslashes and dollar signs): LaTeX
  "log_questions", // log(1 + question marks)
  "log_choices", // log(1 + lines such as "A. ", "(b) ", "3) "): multiple choice
  "non_ascii_share", // characters beyond ASCII: other languages, typeset symbols
  "log_numbers", // log(1 + runs of digits): quantities to reckon with
] as const;

const codeMarks = new Set(Array.from("{}[]()<>=_;#&|*/`", (mark) => mark.charCodeAt(0)));
const newline = 10;

/**
 * The 13 surface numbers of a text, in one pass. `fullLength` is the length before the text was cut.
 * Only ASCII is classified, so that the numbers do not move with the Unicode version of the machine.
 */
export function surfaceNumbers(text: string, fullLength: number): Float32Array {
  let words = 0;
  let wordCharacters = 0;
  let lines = 0;
  let digits = 0;
  let numbers = 0;
  let upper = 0;
  let punctuation = 0;
  let code = 0;
  let latex = 0;
  let questions = 0;
  let choices = 0;
  let nonAscii = 0;
  let inWord = false;
  let inNumber = false;

  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    const isDigit = c >= 48 && c <= 57;
    const isUpper = c >= 65 && c <= 90;
    const isWord = isDigit || isUpper || (c >= 97 && c <= 122) || c > 127;
    if (isWord) {
      wordCharacters++;
      if (!inWord) words++;
      if (isDigit) {
        digits++;
        if (!inNumber) numbers++;
      } else if (isUpper) upper++;
      else if (c > 127) nonAscii++;
    } else if (c > 32) {
      punctuation++;
      if (codeMarks.has(c)) code++;
      else if (c === 92 || c === 36) latex++;
      else if (c === 63) questions++;
    } else if (c === newline) lines++;
    if ((i === 0 || text.charCodeAt(i - 1) === newline) && isChoice(text, i)) choices++;
    inWord = isWord;
    inNumber = isDigit;
  }

  const length = Math.max(1, text.length);
  return Float32Array.of(
    Math.log1p(fullLength),
    Math.log1p(words),
    words === 0 ? 0 : wordCharacters / words,
    Math.log1p(lines),
    digits / length,
    upper / length,
    punctuation / length,
    code / length,
    Math.log1p(latex),
    Math.log1p(questions),
    Math.log1p(choices),
    nonAscii / length,
    Math.log1p(numbers),
  );
}

/** Whether a line that starts at `at` looks like a choice: one letter or digit, maybe after "(", then "." or ")". */
function isChoice(text: string, at: number): boolean {
  const start = text.charCodeAt(at) === 40 ? at + 1 : at;
  const label = text.charCodeAt(start);
  const isLabel =
    (label >= 48 && label <= 57) || (label >= 65 && label <= 90) || (label >= 97 && label <= 122);
  const mark = text.charCodeAt(start + 1);
  return isLabel && (mark === 46 || mark === 41);
}
