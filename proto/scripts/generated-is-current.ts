/** Exits 1 when proto/gen is not what `npm run fix` would generate from proto/ipr/v1. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const proto = fileURLToPath(new URL("..", import.meta.url));
const fresh = mkdtempSync(join(tmpdir(), "ipr-generated-"));
try {
  const template = join(proto, "buf.gen.yaml");
  execFileSync("buf", ["generate", proto, "--template", template, "--output", fresh], { stdio: "inherit" });
  const stale = differences(join(proto, "gen"), join(fresh, "gen"));
  if (stale.length > 0) {
    process.stderr.write(
      `proto/gen is stale, run "npm run fix":\n${stale.map((file) => `  ${file}\n`).join("")}`,
    );
    process.exitCode = 1;
  }
} finally {
  rmSync(fresh, { recursive: true });
}

function differences(committed: string, generated: string): string[] {
  const names = new Set([...files(committed), ...files(generated)]);
  return [...names].filter((name) => read(join(committed, name)) !== read(join(generated, name))).toSorted();
}

function files(directory: string): string[] {
  const entries = readdirSync(directory, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(directory.length + 1));
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}
