import { runCommand } from "./run-command.ts";
import type { Tool } from "./tools.ts";

/** Throws unless the file runs and is new enough; returns its version. */
export async function checkVersion(tool: Tool, file: string, minVersion: string): Promise<string> {
  const printed = await runCommand(file, tool.versionArguments);
  const version = tool.versionPattern.exec(printed)?.[1];
  if (version === undefined)
    throw new Error(`${file} does not tell its version: ${printed.trim().slice(0, 80)}`);
  if (isOlder(version, minVersion)) {
    throw new Error(`${file} is ${version}, but must be at least ${minVersion}`);
  }
  return version;
}

/** Compares release numbers such as 2.9.10 and 2.10.0 part by part. */
export function isOlder(version: string, than: string): boolean {
  const [left, right] = [version, than].map((text) => text.split(".").map(Number));
  for (let part = 0; part < 3; part++) {
    const difference = (left?.[part] ?? 0) - (right?.[part] ?? 0);
    if (difference !== 0) return difference < 0;
  }
  return false;
}
