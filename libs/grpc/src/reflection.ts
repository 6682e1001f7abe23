import { type DescFile, toBinary } from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import type { Server } from "@grpc/grpc-js";
import { ReflectionService } from "@grpc/reflection";
import { ErrorInfoSchema, Health } from "@ipr/proto";
import type { AnyService } from "./types.ts";

type Package = ConstructorParameters<typeof ReflectionService>[0];

/**
 * Adds grpc.reflection.v1 (and v1alpha) for the services, the health service and the error details. The library reads only
 * `fileDescriptorProtos` of each entry, so the generated descriptors serve it without a second copy of the contract.
 */
export function addReflection(server: Server, services: readonly AnyService[]): void {
  const files = new Map<string, DescFile>();
  for (const service of services) collect(service.file, files);
  collect(Health.file, files);
  collect(ErrorInfoSchema.file, files);
  const fileDescriptorProtos = Array.from(files.values(), (file) =>
    Buffer.from(toBinary(FileDescriptorProtoSchema, file.proto)),
  );
  new ReflectionService({ contract: { fileDescriptorProtos } } as unknown as Package).addToServer(server);
}

function collect(file: DescFile, into: Map<string, DescFile>): void {
  if (into.has(file.name)) return;
  into.set(file.name, file);
  for (const dependency of file.dependencies) collect(dependency, into);
}
