import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, rename, rm } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { IprError, status } from "@ipr/errors";

/** A directory beside the one asked for, which becomes it at the end or is never seen. */
export interface EncoderDirectory extends AsyncDisposable {
  /** A new directory inside; the one named here may become the result. */
  sub(name: string): string;
  /** Makes one of them the directory that was asked for; an encoder that is there is replaced. */
  publish(name: string): Promise<void>;
}

export async function createEncoderDirectory(out: string): Promise<EncoderDirectory> {
  const target = resolve(out);
  await refuseOtherContent(target, out);
  await mkdir(dirname(target), { recursive: true });
  const work = await mkdtemp(join(dirname(target), `.${basename(target)}-`));
  return {
    sub: (name) => join(work, name),
    async publish(name) {
      if (existsSync(target)) await rename(target, join(work, "replaced"));
      await rename(join(work, name), target);
    },
    [Symbol.asyncDispose]: () => rm(work, { recursive: true, force: true }),
  };
}

async function refuseOtherContent(target: string, out: string): Promise<void> {
  if (!existsSync(target)) return;
  const names = await readdir(target).catch(() => ["a file"]);
  if (names.length === 0 || names.includes("encoder.json")) return;
  throw new IprError(
    status.FAILED_PRECONDITION,
    "BAD_CONFIG",
    `${out} holds something other than an encoder; name an empty or a new directory`,
    { metadata: { setting: "out" } },
  );
}
