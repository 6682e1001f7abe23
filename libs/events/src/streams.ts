/** A stored sequence of events of one kind, for every tenant. */
export interface Stream {
  readonly name: string;
  /** Subjects are `<prefix>.<tenant>`. */
  readonly prefix: string;
  readonly maxAgeMs: number;
  /** Beyond it the oldest events go. */
  readonly maxBytes: number;
  /** How long a repeated id is recognised. */
  readonly duplicateWindowMs: number;
  /**
   * Whether the embedded bus waits for the disk before it confirms. Otherwise a confirmed event survives the end of the
   * process but perhaps not of the machine. (JetStream has a setting of its own, and replicas.)
   */
  readonly syncsEveryWrite: boolean;
}

const dayMs = 24 * 3_600_000;
const mebibyte = 1024 * 1024;
const duplicateWindowMs = 120_000;

export const streams = {
  decisions: {
    name: "DECISIONS",
    prefix: "ipr.decision",
    maxAgeMs: 30 * dayMs,
    maxBytes: 512 * mebibyte,
    duplicateWindowMs,
    syncsEveryWrite: false,
  },
  outcomes: {
    name: "OUTCOMES",
    prefix: "ipr.outcome",
    maxAgeMs: 30 * dayMs,
    maxBytes: 512 * mebibyte,
    duplicateWindowMs,
    syncsEveryWrite: false,
  },
  feedback: {
    name: "FEEDBACK",
    prefix: "ipr.feedback",
    maxAgeMs: 90 * dayMs,
    maxBytes: 256 * mebibyte,
    duplicateWindowMs,
    syncsEveryWrite: true,
  },
} as const satisfies Record<string, Stream>;

export const buckets = { registry: "ipr-registry", calibration: "ipr-calibration" } as const;
export const maxBucketBytes = 64 * mebibyte;

export const allStreams: readonly Stream[] = Object.values(streams);

/** The stream a subject belongs to. */
export function streamOf(subject: string): Stream {
  const stream = allStreams.find(({ prefix }) => subject.startsWith(`${prefix}.`));
  if (!stream) {
    const known = allStreams.map(({ prefix }) => `${prefix}.<tenant>`).join(", ");
    throw new RangeError(`no stream takes the subject "${subject}"; known: ${known}`);
  }
  return stream;
}

export function subjectFor(stream: Stream, tenant: string): string {
  return `${stream.prefix}.${tenantToken(tenant)}`;
}

/**
 * The tenant as one token of a subject. Distinct tenants have distinct tokens: no tenant is "_", so a tenant whose name
 * is all underscores gets one more.
 */
export function tenantToken(tenant: string): string {
  return /^_*$/.test(tenant) ? `${tenant}_` : token(tenant);
}

/** The key of a bundle's active calibration in the calibration bucket. */
export function activeCalibrationKey(bundle: string): string {
  return token(bundle);
}

/** The key under which a past revision of a bundle's calibration is kept. */
export function calibrationRevisionKey(bundle: string, revision: string): string {
  return `${token(bundle)}.${token(revision)}`;
}

/** Any text as one token that subjects and keys allow: what they do not allow, and "=", becomes "=" and its UTF-8 in hex. */
function token(text: string): string {
  return text.replaceAll(/[^A-Za-z0-9_-]/gu, (character) =>
    [...Buffer.from(character)].map((byte) => `=${byte.toString(16).padStart(2, "0")}`).join(""),
  );
}
