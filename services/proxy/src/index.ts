export { createProxy, type Proxy, type ProxyDependencies } from "./create-proxy.ts";
export { serveHttp } from "./http/serve-http.ts";
export { Settings } from "./settings.ts";
