import { processArguments, processEnvironment } from "@ipr/service";
import { createProgram } from "./program.ts";
import { oneLine } from "./output/one-line.ts";

// A reader that has seen enough, as `head` has, closes the pipe: that is no failure.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit();
});

const program = createProgram(processEnvironment());
try {
  await program.parseAsync(processArguments(), { from: "user" });
} catch (error) {
  process.stderr.write(`error: ${oneLine(error)}\n`);
  process.exitCode = 1;
}
