/** A member of a JSON object as it stands in the text. */
export interface JsonMember {
  readonly key: string;
  /** `"key": value`, exactly as sent. */
  readonly text: string;
}

const quote = 0x22;
const backslash = 0x5c;
const comma = 0x2c;
const openBracket = 0x5b;
const closeBracket = 0x5d;
const openBrace = 0x7b;
const closeBrace = 0x7d;

/** The text nests deeper than allowed. */
export class TooDeep extends Error {}

/**
 * The members of the object that `text` holds, found without building anything, so that what nobody changes goes on
 * exactly as it came: number digits, key order, duplicate keys. It takes any text, since depth must be bounded before
 * a parser sees it; for text that is not a JSON object the members mean nothing.
 *
 * @throws TooDeep when arrays and objects nest deeper than `maxDepth`.
 */
export function membersOf(text: string, maxDepth: number): JsonMember[] {
  const members: JsonMember[] = [];
  let depth = 0;
  let keyStart = -1;
  let keyEnd = -1;
  const finishMember = (end: number) => {
    if (keyStart >= 0) {
      const key = parseKey(text.slice(keyStart, keyEnd));
      members.push({ key, text: text.slice(keyStart, end).trimEnd() });
    }
    keyStart = -1;
  };
  for (let at = 0; at < text.length; at++) {
    switch (text.charCodeAt(at)) {
      case quote: {
        const end = endOfString(text, at);
        if (depth === 1 && keyStart < 0) {
          keyStart = at;
          keyEnd = end;
        }
        at = end - 1;
        break;
      }
      case openBrace:
      case openBracket:
        if (++depth > maxDepth) throw new TooDeep();
        break;
      case closeBrace:
      case closeBracket:
        if (depth === 1) finishMember(at);
        depth--;
        break;
      case comma:
        if (depth === 1) finishMember(at);
        break;
      default:
    }
  }
  return members;
}

/** The object with some members replaced (by JSON text), removed (undefined) or, when they were not there, added. */
export function withMembers(
  members: readonly JsonMember[],
  changes: ReadonlyMap<string, string | undefined>,
): string {
  const parts = members.filter(({ key }) => !changes.has(key)).map(({ text }) => text);
  for (const [key, value] of changes) {
    if (value !== undefined) parts.push(`${JSON.stringify(key)}:${value}`);
  }
  return `{${parts.join(",")}}`;
}

/** The position after the closing quote; the end of the text when there is none. */
function endOfString(text: string, start: number): number {
  for (let at = text.indexOf('"', start + 1); at >= 0; at = text.indexOf('"', at + 1)) {
    let escapes = at;
    while (text.charCodeAt(escapes - 1) === backslash) escapes--;
    if ((at - escapes) % 2 === 0) return at + 1;
  }
  return text.length;
}

/** A key may be written with escapes; `"mod\u0065l"` is `model` to every parser. */
function parseKey(text: string): string {
  if (!text.includes("\\")) return text.slice(1, -1);
  try {
    return JSON.parse(text) as string;
  } catch {
    return text;
  }
}
