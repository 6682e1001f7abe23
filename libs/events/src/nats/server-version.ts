import { IprError, status } from "@ipr/errors";
import type { NatsConnection } from "@nats-io/transport-node";

/** Older servers accept options that we use and then ignore them. */
const minServerVersion = [2, 10] as const;

/** Throws unless the server is new enough and has JetStream on. */
export function checkServerVersion(connection: Pick<NatsConnection, "info" | "getServer">): void {
  const { version = "unknown", jetstream = false } = connection.info ?? {};
  const server = connection.getServer();
  const [major = 0, minor = 0] = version.split(".").map((part) => Number.parseInt(part, 10) || 0);
  const [minMajor, minMinor] = minServerVersion;
  if (major < minMajor || (major === minMajor && minor < minMinor)) {
    throw badServer(`NATS at ${server} is ${version}, but must be at least ${minServerVersion.join(".")}`);
  }
  if (!jetstream) throw badServer(`NATS at ${server} has JetStream off: start it with -js`);
}

function badServer(message: string): IprError {
  return new IprError(status.FAILED_PRECONDITION, "BAD_CONFIG", message, { metadata: { setting: "nats" } });
}
