import { readFile } from "node:fs/promises";
import { IprError, status } from "@ipr/errors";
import type { Registry } from "@ipr/proto";
import { parsePrices } from "@ipr/registry";
import { assertIsDataFile } from "../data/read-labelled-prompts.ts";
import type { Price } from "./costs.ts";

export type Prices = ReadonlyMap<string, Price>;

export interface PriceFile {
  readonly prices: Prices;
  /** Where the file is one: what else it says of candidates and routers. */
  readonly registry: Registry | undefined;
}

/** Reads prices from a registry file or from the `.meta.json` of a data set. */
export async function readPrices(file: string): Promise<PriceFile> {
  const priceFile = await readPricesIfThere(file);
  if (priceFile === undefined) throw badPrices(file, "does not exist");
  return priceFile;
}

/** The prices beside each data file (`x.jsonl.gz` has `x.meta.json`). Files without any are passed over. */
export async function readPricesBeside(
  dataFiles: readonly string[],
): Promise<{ readonly prices: Prices; readonly notes: readonly string[] }> {
  const prices = new Map<string, Price>();
  const notes: string[] = [];
  for (const dataFile of dataFiles) {
    assertIsDataFile(dataFile);
    const file = metaFileBeside(dataFile);
    for (const [name, price] of (await readPricesIfThere(file))?.prices ?? []) {
      const known = prices.get(name);
      if (known === undefined) prices.set(name, price);
      else if (!isSame(known, price))
        notes.push(`${name} has another price in ${file}: the one read first is used`);
    }
  }
  return { prices, notes };
}

/** `x.jsonl.gz` and `x.parquet` have `x.meta.json`. */
export function metaFileBeside(dataFile: string): string {
  return dataFile.replace(/(\.jsonl(\.gz)?|\.parquet)$/, ".meta.json");
}

async function readPricesIfThere(file: string): Promise<PriceFile | undefined> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") return undefined;
    throw badPrices(file, `cannot be read (${code})`, error);
  }
  return parsePrices(text, file);
}

function isSame(a: Price, b: Price): boolean {
  return a.inputUsdPerMtok === b.inputUsdPerMtok && a.outputUsdPerMtok === b.outputUsdPerMtok;
}

function badPrices(file: string, problem: string, cause?: unknown): IprError {
  return new IprError(status.INVALID_ARGUMENT, "BAD_CONFIG", `${file} ${problem}`, {
    metadata: { file },
    cause,
  });
}
