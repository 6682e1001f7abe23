import { InvalidArgumentError } from "commander";

/** A share in [0, 1]. */
export function parseShare(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !(value >= 0 && value <= 1)) {
    throw new InvalidArgumentError(
      `must be between 0 and 1 (a share, not percent), not ${JSON.stringify(text)}`,
    );
  }
  return value;
}

/** A whole number of at least `least`. */
export function parseCount(least: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!Number.isSafeInteger(value) || value < least || text.trim() === "") {
      throw new InvalidArgumentError(
        `must be a whole number of at least ${least}, not ${JSON.stringify(text)}`,
      );
    }
    return value;
  };
}

/** Names separated by commas. */
export function parseNames(text: string): string[] {
  const names = text.split(",").map((name) => name.trim());
  if (names.includes("")) throw new InvalidArgumentError(`has an empty name: ${JSON.stringify(text)}`);
  return names;
}

/** host:port; the port may be 0, which lets the system choose. */
export function parseAddress(text: string): string {
  const port = Number(/:(\d{1,5})$/.exec(text)?.[1] ?? Number.NaN);
  if (!(port <= 65_535)) throw new InvalidArgumentError(`must be host:port, not ${JSON.stringify(text)}`);
  return text;
}
