import {
  type Attributes,
  type Context,
  context,
  propagation,
  ROOT_CONTEXT,
  type Span,
  type SpanKind,
  SpanStatusCode,
  trace,
} from "@opentelemetry/api";

/** The instrumentation scope of every span and metric of ours. */
export const scope = "ipr";

export interface SpanOptions {
  readonly kind: SpanKind;
  /** Bounded values only: names, counts, codes. Never prompts, completions or keys. */
  readonly attributes?: Attributes;
  /** The remote parent; the active context when not given. */
  readonly parent?: Context;
}

/**
 * Runs `work` inside a span, which is active for everything `work` starts. Ends the span when the promise settles and
 * marks it failed when it rejects. Costs a few microseconds when nothing is sampled (no SDK is registered).
 */
export async function withSpan<T>(
  name: string,
  { kind, attributes, parent = context.active() }: SpanOptions,
  work: (span: Span) => Promise<T>,
): Promise<T> {
  const span = trace.getTracer(scope).startSpan(name, { kind, ...(attributes && { attributes }) }, parent);
  try {
    return await context.with(trace.setSpan(parent, span), () => work(span));
  } catch (error) {
    failSpan(span, error);
    throw error;
  } finally {
    span.end();
  }
}

/** Marks the span failed by `error`, message only: causes may hold what must not leave the process. */
export function failSpan(span: Span, error: unknown): void {
  const message = error instanceof Error ? error.message : String(error);
  span.setStatus({ code: SpanStatusCode.ERROR, message });
}

/** The active context as a W3C traceparent; empty when nothing is traced. */
export function activeTraceparent(): string {
  const carrier: { traceparent?: string } = {};
  propagation.inject(context.active(), carrier);
  return carrier.traceparent ?? "";
}

/** The context a remote caller sent as traceparent. */
export function contextOf(traceparent: string): Context {
  return traceparent === "" ? ROOT_CONTEXT : propagation.extract(ROOT_CONTEXT, { traceparent });
}
