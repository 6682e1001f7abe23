import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { IprError, status } from "@ipr/errors";
import type { Serving } from "@ipr/grpc";
import { protocolError } from "./error-table.ts";

/** How long the head of a request may take to arrive, and then the whole of it. */
const headTimeoutMs = 10_000;
const requestTimeoutMs = 60_000;
/** Longer than most load balancers keep an idle connection, so that it is they who close it. */
const keepAliveTimeoutMs = 75_000;
const maxHeaderBytes = 32 * 1024;
/** How often a drain closes the connections that have become idle. */
const closeIdleEveryMs = 50;

/** Serves over HTTP/1.1. Rejects when the address cannot be bound. */
export async function serveHttp(app: RequestListener, listen: string): Promise<Serving> {
  const server = createServer(
    {
      maxHeaderSize: maxHeaderBytes,
      headersTimeout: headTimeoutMs,
      requestTimeout: requestTimeoutMs,
      keepAliveTimeout: keepAliveTimeoutMs,
    },
    app,
  );
  server.on("clientError", (error: NodeJS.ErrnoException, socket: Socket) => refuse(error, socket));
  const { host, port } = parseAddress(listen);
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error) => reject(badAddress(listen, error.message)));
    server.listen(port, host.replace(/^\[(.*)\]$/, "$1"), resolve);
  });
  return {
    address: `${host}:${(server.address() as AddressInfo).port}`,
    drain: (graceMs) => drain(server, graceMs),
  };
}

function parseAddress(listen: string): { host: string; port: number } {
  const at = listen.lastIndexOf(":");
  const port = Number(listen.slice(at + 1));
  if (at > 0 && Number.isInteger(port) && port >= 0 && port <= 65_535)
    return { host: listen.slice(0, at), port };
  throw badAddress(listen, "it must be host:port, such as 127.0.0.1:8080");
}

function badAddress(listen: string, why: string): IprError {
  return new IprError(status.INVALID_ARGUMENT, "BAD_CONFIG", `cannot listen on ${listen}: ${why}`, {
    metadata: { setting: "listenHttp" },
  });
}

/** What is no HTTP gets an error body like everything else. */
function refuse(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === "ECONNRESET" || !socket.writable) {
    socket.destroy();
    return;
  }
  const isTooLarge = error.code === "HPE_HEADER_OVERFLOW";
  const { status: httpStatus, body } = isTooLarge
    ? protocolError(431, "headers_too_large", `the headers are larger than ${maxHeaderBytes} bytes`)
    : protocolError(400, "bad_request", "the request is not HTTP");
  const text = JSON.stringify(body);
  socket.end(
    `HTTP/1.1 ${httpStatus} ${isTooLarge ? "Request Header Fields Too Large" : "Bad Request"}\r\n` +
      `content-type: application/json\r\ncontent-length: ${Buffer.byteLength(text)}\r\nconnection: close\r\n\r\n${text}`,
  );
}

/** Takes no new connection, lets answers end, closes connections as they become idle, and cuts the rest in the end. */
async function drain(server: Server, graceMs: number): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  const closeIdle = setInterval(() => server.closeIdleConnections(), closeIdleEveryMs);
  const cut = setTimeout(() => server.closeAllConnections(), graceMs);
  server.closeIdleConnections();
  await closed;
  clearInterval(closeIdle);
  clearTimeout(cut);
}
