export { activeTraceparent, contextOf, failSpan, scope, withSpan, type SpanOptions } from "./span.ts";
