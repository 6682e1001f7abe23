import { readFile } from "node:fs/promises";
import { IprError, status } from "@ipr/errors";
import { z } from "zod";
import type { Price } from "./costs.ts";

export type Prices = ReadonlyMap<string, Price>;

const usd = z.number().nonnegative();
/** The file beside a data set that says what its candidates cost; other fields are for people. */
const metaSchema = z.looseObject({
  prices: z.record(z.string(), z.looseObject({ input_per_1m_usd: usd, output_per_1m_usd: usd })),
});

/** Reads prices from the `.meta.json` of a data set. */
export async function readPrices(file: string): Promise<Prices> {
  const text = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    throw badPrices(file, error.code === "ENOENT" ? "does not exist" : `cannot be read (${error.code})`, error);
  });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw badPrices(file, "is not JSON; give the .meta.json of a data set", error);
  }
  const parsed = metaSchema.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw badPrices(file, `has no usable prices: at "${issue?.path.join(".")}", ${issue?.message}`);
  }
  return new Map(
    Object.entries(parsed.data.prices).map(([name, price]) => [
      name,
      { inputUsdPerMtok: price.input_per_1m_usd, outputUsdPerMtok: price.output_per_1m_usd },
    ]),
  );
}

/** The prices beside each data file (`x.jsonl.gz` has `x.meta.json`). Files without any are passed over. */
export async function readPricesBeside(
  dataFiles: readonly string[],
): Promise<{ readonly prices: Prices; readonly notes: readonly string[] }> {
  const prices = new Map<string, Price>();
  const notes: string[] = [];
  for (const dataFile of dataFiles) {
    const file = dataFile.replace(/\.jsonl(\.gz)?$/, ".meta.json");
    const found = await readPrices(file).catch((error: IprError) => {
      if ((error.cause as NodeJS.ErrnoException | undefined)?.code === "ENOENT") return new Map<string, Price>();
      throw error;
    });
    for (const [name, price] of found) {
      const known = prices.get(name);
      if (known === undefined) prices.set(name, price);
      else if (!isSame(known, price)) notes.push(`${name} has another price in ${file}: the one read first is used`);
    }
  }
  return { prices, notes };
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
