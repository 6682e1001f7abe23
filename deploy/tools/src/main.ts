import { obtainTool } from "./obtain-tool.ts";
import { tools } from "./tools.ts";

const [name] = process.argv.slice(2);
if (name === undefined || name.startsWith("-")) {
  console.error(`usage: node deploy/tools/src/main.ts <${tools.map((tool) => tool.name).join(" | ")}>`);
  process.exitCode = 2;
} else {
  try {
    console.log(await obtainTool(name));
  } catch (error) {
    console.error((error as Error).message);
    process.exitCode = 1;
  }
}
