/** What a long command reports as it goes. `total` 0 means unknown. */
export interface Progress {
  readonly stage: string;
  readonly done: number;
  readonly total: number;
}

/** Shows progress on a terminal as one line that is written over, elsewhere as one line a stage. */
export function progressPrinter(stream: { isTTY?: boolean; write(text: string): unknown }): {
  readonly report: (progress: Progress) => void;
  readonly end: () => void;
} {
  const width = 30;
  let stage = "";
  let open = false;
  return {
    report({ stage: current, done, total }) {
      if (!stream.isTTY) {
        if (current !== stage) stream.write(`${current}\n`);
      } else {
        const share = total > 0 ? Math.min(1, done / total) : 0;
        const filled = Math.round(share * width);
        const bar =
          total > 0
            ? `[${"#".repeat(filled)}${"-".repeat(width - filled)}] ${Math.floor(share * 100)} %`
            : "";
        stream.write(`${open && current !== stage ? "\n" : "\r"}\u001b[K${current} ${bar}`);
        open = true;
      }
      stage = current;
    },
    end() {
      if (open) stream.write("\n");
      open = false;
    },
  };
}
