/**
 * The yardstick of every edge benchmark: node:http in, node:http out, nothing in between. A process of its own, so that
 * its CPU time can be told from others'. Takes the upstream's port and prints its own.
 */
import { Agent, createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import { processArguments } from "@ipr/service";

const upstreamPort = Number(processArguments()[0]);
const agent = new Agent({ keepAlive: true, maxSockets: 64 });

const proxy = createServer((incoming, outgoing) => {
  const { method, headers: sent } = incoming;
  const options = { host: "127.0.0.1", port: upstreamPort, path: "/", method, headers: sent, agent };
  const outbound = request(options, (response) => {
    outgoing.writeHead(response.statusCode ?? 502, response.headers);
    response.pipe(outgoing);
  });
  outbound.on("error", () => outgoing.destroy());
  incoming.pipe(outbound);
});
proxy.listen(0, "127.0.0.1", () => {
  process.stdout.write(`listening ${(proxy.address() as AddressInfo).port}\n`);
});
