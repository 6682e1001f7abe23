import { fileURLToPath } from "node:url";

/** What the repository ships, so that a fresh clone routes with nothing else installed: a demonstration (see its README). */
export const shipped = {
  bundleDir: path("bundle"),
  encoderDir: path("encoder"),
  /** The shipped encoders by the names they may be asked for: `--encoder minilm`. */
  encoders: { static: path("encoder"), minilm: path("encoders/minilm") },
  /** For each of them a bundle that was trained with it. */
  bundles: { static: path("bundle"), minilm: path("bundle-minilm") },
  registryFile: path("registry.yaml"),
  dataDir: path("data"),
} as const;

function path(name: string): string {
  return fileURLToPath(new URL(`../../../deploy/default/${name}`, import.meta.url));
}
