export type { CompletionEnd } from "./answering/complete.ts";
export { createCompleter, type Completer, type CompleterOptions } from "./create-completer.ts";
export { createProxy, type Proxy, type ProxyDependencies } from "./create-proxy.ts";
export { costUsd } from "./domain/cost.ts";
export { serveHttp } from "./http/serve-http.ts";
export { Settings } from "./settings.ts";
