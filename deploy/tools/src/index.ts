export { obtainTool, type ObtainOptions } from "./obtain-tool.ts";
