import { readFile } from "node:fs/promises";
import { z } from "zod";
import { metaFileBeside } from "./read-prices.ts";

const Suggestion = z.looseObject({ suggested_ladder: z.array(z.string()).min(2) });

/** The pools that the `.meta.json` beside each data file suggests; files without one, or without a suggestion, are passed over. */
export async function suggestedPools(dataFiles: readonly string[]): Promise<readonly (readonly string[])[]> {
  const pools: (readonly string[])[] = [];
  for (const dataFile of dataFiles) {
    const suggestion = Suggestion.safeParse(await readJson(metaFileBeside(dataFile)));
    if (suggestion.success) pools.push(suggestion.data.suggested_ladder);
  }
  return pools;
}

async function readJson(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, "utf8"));
  } catch {
    // Prices are read from the same file, and what is wrong with it is said there.
    return undefined;
  }
}
