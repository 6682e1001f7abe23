import { IprError, status } from "@ipr/errors";

/** What `encoder.json` says cannot be done. */
export function badManifest(dir: string, problem: string): IprError {
  return new IprError(status.INVALID_ARGUMENT, "BAD_CONFIG", `encoder ${dir}: encoder.json ${problem}`, {
    metadata: { file: `${dir}/encoder.json` },
  });
}
