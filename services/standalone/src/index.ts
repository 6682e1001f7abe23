export { renderBanner } from "./banner.ts";
export { createStandalone, type Standalone, type StandaloneOptions } from "./create-standalone.ts";
export { shipped } from "./shipped.ts";
export { defaultStateDir } from "./state-directory.ts";
