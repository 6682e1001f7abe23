import { processArguments, processEnvironment } from "@ipr/service";
import { createProgram } from "./program.ts";
import { oneLine } from "./output/one-line.ts";

const program = createProgram(processEnvironment());
try {
  await program.parseAsync(processArguments(), { from: "user" });
} catch (error) {
  process.stderr.write(`error: ${oneLine(error)}\n`);
  process.exitCode = 1;
}
