const maxUint32 = 0xffff_ffff;

/** The longest answer the caller takes, under its new or its old name; what is no count is the upstream's to refuse. */
export function outputLimit(body: Readonly<Record<string, unknown>>): number | undefined {
  const limit = body["max_completion_tokens"] ?? body["max_tokens"];
  return Number.isInteger(limit) && (limit as number) >= 1 && (limit as number) <= maxUint32
    ? (limit as number)
    : undefined;
}
