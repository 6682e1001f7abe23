import { type DescMethod, fromBinary, type Message, toBinary } from "@bufbuild/protobuf";
import type { MethodDefinition, ServiceDefinition } from "@grpc/grpc-js";
import type { AnyService } from "./types.ts";

/** The largest message we send or take: a prompt may be 4 MiB, a conversation some of them. */
export const maxMessageBytes = 16 * 1024 * 1024;

/** A generated service as grpc-js wants it. */
export function serviceDefinition(service: AnyService): ServiceDefinition {
  return Object.fromEntries(service.methods.map((method) => [method.localName, methodDefinition(method)]));
}

export function methodDefinition(method: DescMethod): MethodDefinition<Message, Message> {
  return {
    path: methodPath(method),
    originalName: method.localName,
    requestStream: method.methodKind === "client_streaming" || method.methodKind === "bidi_streaming",
    responseStream: method.methodKind === "server_streaming" || method.methodKind === "bidi_streaming",
    requestSerialize: (message) => bytes(toBinary(method.input, message)),
    requestDeserialize: (data) => fromBinary(method.input, data),
    responseSerialize: (message) => bytes(toBinary(method.output, message)),
    responseDeserialize: (data) => fromBinary(method.output, data),
  };
}

export function methodPath(method: DescMethod): string {
  return `/${method.parent.typeName}/${method.name}`;
}

/** A Buffer over the same memory. */
function bytes(data: Uint8Array): Buffer {
  return Buffer.from(data.buffer, data.byteOffset, data.byteLength);
}
