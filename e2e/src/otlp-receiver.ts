import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { BinaryReader, WireType } from "@bufbuild/protobuf/wire";

/** A span as it arrived by OTLP. */
export interface ReceivedSpan {
  readonly service: string;
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  /** Empty for the root of a trace. */
  readonly parentSpanId: string;
}

export interface OtlpReceiver extends AsyncDisposable {
  /** For OTEL_EXPORTER_OTLP_ENDPOINT. */
  readonly endpoint: string;
  readonly spans: readonly ReceivedSpan[];
}

/** A collector: takes OTLP over HTTP with protobuf bodies, keeps the spans, and takes everything else silently. */
export async function startOtlpReceiver(): Promise<OtlpReceiver> {
  const spans: ReceivedSpan[] = [];
  const server = createServer((request, response) => {
    void readBody(request).then((body) => {
      if (request.url === "/v1/traces") spans.push(...parseExport(body));
      response.writeHead(200, { "content-type": "application/x-protobuf" }).end();
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    endpoint: `http://127.0.0.1:${port}`,
    spans,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
}

async function readBody(request: IncomingMessage): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** The few fields of opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest that the tests look at. */
function parseExport(body: Uint8Array): ReceivedSpan[] {
  return bytesOf(body, 1).flatMap((resourceSpans) => {
    const service = bytesOf(resourceSpans, 1).map(serviceName).join("");
    const scopes = bytesOf(resourceSpans, 2);
    return scopes.flatMap((scope) => bytesOf(scope, 2).map((span) => ({ service, ...parseSpan(span) })));
  });
}

function parseSpan(span: Uint8Array): Omit<ReceivedSpan, "service"> {
  const hex = (field: number) => Buffer.from(bytesOf(span, field)[0] ?? []).toString("hex");
  return { traceId: hex(1), spanId: hex(2), parentSpanId: hex(4), name: text(bytesOf(span, 5)[0]) };
}

/** The value of the attribute service.name of a resource. */
function serviceName(resource: Uint8Array): string {
  const attribute = bytesOf(resource, 1).find((pair) => text(bytesOf(pair, 1)[0]) === "service.name");
  const value = attribute && bytesOf(attribute, 2)[0];
  return value ? text(bytesOf(value, 1)[0]) : "";
}

/** Every length-delimited value of a field. */
function bytesOf(message: Uint8Array, wanted: number): Uint8Array[] {
  const reader = new BinaryReader(message);
  const found: Uint8Array[] = [];
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    if (field === wanted && wireType === WireType.LengthDelimited) found.push(reader.bytes());
    else reader.skip(wireType, field);
  }
  return found;
}

function text(bytes: Uint8Array | undefined): string {
  return new TextDecoder().decode(bytes);
}
