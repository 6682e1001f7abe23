import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const repository = fileURLToPath(new URL("../../", import.meta.url));
const helpTimeoutMs = 60_000;
const settingLine = /^ {2}(IPR_\w+) +(.*) \([^()]*?(?:, default ([^()]*))?\)$/gm;

/** The settings that `--help` prints, as rows of a table. */
async function rowsOfHelp(service: string): Promise<string[]> {
  const main = `${repository}services/${service}/src/main.ts`;
  const { stdout } = await promisify(execFile)(process.execPath, [main, "--help"], {
    timeout: helpTimeoutMs,
  });
  const own = `IPR_${service.toUpperCase()}_`;
  return Array.from(stdout.matchAll(settingLine), ([, variable = "", effect = "", json]) => ({
    variable,
    row: `| \`${variable}\` | ${json === undefined ? "(required)" : shown(JSON.parse(json))} | ${effect} |`,
  }))
    .filter(({ variable }) => variable.startsWith(own))
    .map(({ row }) => row);
}

function shown(value: unknown): string {
  return value === "" ? "none" : `\`${String(value).replace(repository, "")}\``;
}

for (const service of ["embedding", "quality", "policy", "proxy", "recalibration", "standalone"]) {
  test(`the settings in the README of ${service} are those that --help prints`, async () => {
    const readme = await readFile(`${repository}services/${service}/README.md`, "utf8");
    const inReadme = readme.split("\n").filter((line) => line.startsWith("| `IPR_"));
    const expected = await rowsOfHelp(service);
    assert.ok(expected.length > 0);
    assert.deepEqual(inReadme, expected);
    assert.match(readme, /`IPR_LOG_LEVEL`, `IPR_DRAIN_MS`/);
  });
}
