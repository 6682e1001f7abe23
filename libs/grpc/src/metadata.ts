import {
  type Context,
  context,
  propagation,
  ROOT_CONTEXT,
  type TextMapGetter,
  type TextMapSetter,
} from "@opentelemetry/api";
import { Metadata } from "@grpc/grpc-js";

const getter: TextMapGetter<Metadata> = {
  get: (metadata, key) => metadata.get(key)[0]?.toString(),
  keys: (metadata) => Object.keys(metadata.getMap()),
};

const setter: TextMapSetter<Metadata> = {
  set: (metadata, key, value) => metadata.set(key, value),
};

/** The trace context a caller sent. */
export function contextOfMetadata(metadata: Metadata): Context {
  return propagation.extract(ROOT_CONTEXT, metadata, getter);
}

/** Metadata that carries the active trace context. */
export function tracedMetadata(): Metadata {
  const metadata = new Metadata();
  propagation.inject(context.active(), metadata, setter);
  return metadata;
}
