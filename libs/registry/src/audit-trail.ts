import type { KeyValue } from "@ipr/events";

/** Older entries go: the trail is for finding out what happened lately, not an archive. */
const maxAuditEntries = 200;
const prefix = "audit.";

/** One change of the registry, kept beside it. */
export interface AuditEntry {
  readonly revision: string;
  readonly previousRevision: string;
  readonly at: string;
  /** What was done: "upsert candidate gpt-4o". */
  readonly what: string;
}

/** Adds an entry and drops the oldest beyond the limit. */
export async function recordChange(store: KeyValue, entry: AuditEntry): Promise<void> {
  await store.put(prefix + entry.revision, new TextEncoder().encode(JSON.stringify(entry)));
  const keys = await auditKeys(store);
  for (const key of keys.slice(0, -maxAuditEntries)) await store.delete(key);
}

/** The latest changes, oldest first. */
export async function readAuditTrail(store: KeyValue): Promise<AuditEntry[]> {
  const entries: AuditEntry[] = [];
  for (const key of await auditKeys(store)) {
    const entry = await store.get(key);
    if (entry) entries.push(JSON.parse(new TextDecoder().decode(entry.value)) as AuditEntry);
  }
  return entries;
}

/** The trail's keys, oldest first. */
async function auditKeys(store: KeyValue): Promise<string[]> {
  const keys = (await store.keys()).filter((key) => key.startsWith(prefix));
  return keys.toSorted((a, b) => revisionOf(a) - revisionOf(b));
}

function revisionOf(key: string): number {
  return Number(key.slice(prefix.length));
}
