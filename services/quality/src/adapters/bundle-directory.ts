import { createHash } from "node:crypto";
import { readFile, realpath } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { BundleSource } from "../bundle-source.ts";

/** Stands for every directory without a readable manifest. */
const unreadable = "unreadable";

/**
 * The bundle in a directory: one that is replaced by renaming, as `ipr train` does, or a link that is moved from bundle to
 * bundle, as Kubernetes volumes and synced folders do. Links are followed before anything is read, so that all files of
 * one load are of one bundle. The manifest has the digest of every other file, so its own digest tells bundles apart.
 */
export function bundleDirectory(dir: string): BundleSource {
  return {
    location: dir,
    async find() {
      const path = await realpath(dir).catch(() => resolve(dir));
      const fingerprint = await readFile(join(path, "manifest.json")).then(
        (manifest) => createHash("sha256").update(manifest).digest("hex"),
        () => unreadable,
      );
      return { path, fingerprint };
    },
  };
}
