import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { register, serveGrpc } from "@ipr/grpc";
import { TeiEmbed, TeiInfo } from "@ipr/proto";

/** The vector both servers give for a text: not of unit length, and different for different texts. */
export function vectorOf(text: string): number[] {
  return [3, text.length, text.codePointAt(0) ?? 0];
}

export interface EmbeddingsRequest {
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: { readonly model: string; readonly input: readonly string[] };
}

type Answer = (request: EmbeddingsRequest, count: number) => { status: number; body: unknown } | "never";

export function rightAnswer({ body }: EmbeddingsRequest): { status: number; body: unknown } {
  // In reverse: the order of the answer is not that of the question, only its indices are.
  const data = body.input.map((text, index) => ({ index, embedding: vectorOf(text) })).toReversed();
  return { status: 200, body: { data } };
}

/** A server with OpenAI's embeddings, whose answers a test decides. */
export async function fakeOpenAi(answer: Answer = rightAnswer) {
  const requests: EmbeddingsRequest[] = [];
  const server = createServer((incoming, outgoing) => {
    const chunks: Buffer[] = [];
    incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
    incoming.on("end", () => {
      const body = JSON.parse(Buffer.concat(chunks).toString()) as EmbeddingsRequest["body"];
      const request = { headers: incoming.headers, body };
      requests.push(request);
      const given = answer(request, requests.length);
      if (given === "never") return;
      outgoing.writeHead(given.status, { "content-type": "application/json" });
      outgoing.end(typeof given.body === "string" ? given.body : JSON.stringify(given.body));
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

/** A text-embeddings-inference that serves `modelId`. */
export async function fakeTei(modelId = "tiny/model") {
  const texts: string[] = [];
  const serving = await serveGrpc({
    listen: "127.0.0.1:0",
    services: [
      register(TeiInfo, { info: async () => ({ modelId, maxInputLength: 512 }) }),
      register(TeiEmbed, {
        embed: async ({ inputs }) => {
          texts.push(inputs);
          return { embeddings: vectorOf(inputs) };
        },
      }),
    ],
    isReady: () => true,
    onUnexpected: () => {},
  });
  return {
    url: `http://${serving.address}`,
    texts,
    [Symbol.asyncDispose]: () => serving.drain(0),
  };
}
