import { readFile } from "node:fs/promises";
import type { Endpoint } from "@ipr/proto";
import type { Environment } from "@ipr/service";
import { UpstreamFault } from "../../answering/upstream-fault.ts";
import { notConnected } from "../../domain/attempt.ts";

const fileSuffix = "_FILE";

/**
 * The key of an endpoint, from the variable it names or, when that ends in _FILE, from the file the variable names;
 * undefined when the endpoint needs none. A file is read for every call, so that a key can be changed under a running
 * process.
 *
 * @throws UpstreamFault that names the variable, never its value.
 */
export async function apiKeyOf(
  { apiKeyEnv }: Pick<Endpoint, "apiKeyEnv">,
  environment: Environment,
): Promise<string | undefined> {
  if (apiKeyEnv === "") return undefined;
  const value = environment[apiKeyEnv];
  if (!value) throw new UpstreamFault(`${notConnected}: ${apiKeyEnv} is not set`);
  return printable(apiKeyEnv.endsWith(fileSuffix) ? await keyInFile(apiKeyEnv, value) : value, apiKeyEnv);
}

async function keyInFile(variable: string, path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch {
    throw new UpstreamFault(`${notConnected}: the file that ${variable} names cannot be read`);
  }
}

/** A key goes into a header, which takes visible ASCII only. */
function printable(text: string, variable: string): string {
  const key = text.trim();
  if (/^[\x21-\x7e]+$/.test(key)) return key;
  throw new UpstreamFault(`${notConnected}: ${variable} holds no key`);
}
