import { create } from "@bufbuild/protobuf";
import { type Price, PriceSchema, type Registry } from "@ipr/proto";
import { z } from "zod";
import { parseRegistry, parseYaml } from "./parse-registry.ts";
import { badFile } from "./problem.ts";

const usdPerMtok = z.number().min(0);

/** What lies beside a public data set: prices of its models, among much else. */
const DataSetMeta = z.object({
  prices: z.record(
    z.string().min(1),
    z.object({
      input_per_1m_usd: usdPerMtok,
      cached_input_per_1m_usd: usdPerMtok.optional(),
      output_per_1m_usd: usdPerMtok,
      source: z.string().min(1),
      as_of: z.string().min(1),
    }),
  ),
});

export interface PriceFile {
  readonly prices: ReadonlyMap<string, Price>;
  /** All that the file says, where it is a registry file. */
  readonly registry: Registry | undefined;
}

/**
 * Prices by candidate, from a registry file or from the `.meta.json` beside a data set. A candidate without a price is
 * left out: unknown is not zero.
 *
 * @throws IprError BAD_CONFIG that says what is wrong and where.
 */
export function parsePrices(text: string, fileName: string): PriceFile {
  const { value, lineOf } = parseYaml(text, fileName);
  if (!isDataSetMeta(value)) {
    const registry = parseRegistry(text, fileName);
    const priced = registry.candidates.flatMap(({ name, price }) => (price ? [[name, price] as const] : []));
    return { prices: new Map(priced), registry };
  }
  const result = DataSetMeta.safeParse(value);
  if (!result.success) {
    const problems = result.error.issues.map(({ path, message }) => ({
      path: path.map((part) => (typeof part === "number" ? part : String(part))),
      text: `is wrong: ${message}`,
    }));
    throw badFile(fileName, problems, lineOf);
  }
  const prices = new Map(
    Object.entries(result.data.prices).map(([name, price]) => [
      name,
      create(PriceSchema, {
        inputUsdPerMtok: price.input_per_1m_usd,
        outputUsdPerMtok: price.output_per_1m_usd,
        source: price.source,
        asOf: price.as_of,
        ...(price.cached_input_per_1m_usd === undefined
          ? {}
          : { cachedInputUsdPerMtok: price.cached_input_per_1m_usd }),
      }),
    ]),
  );
  return { prices, registry: undefined };
}

function isDataSetMeta(value: unknown): boolean {
  return typeof value === "object" && value !== null && "prices" in value;
}
