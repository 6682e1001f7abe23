/** How far a router's estimates may be relied on. Only in `route` do its decisions serve. */
export type TrustState = "cold" | "observe" | "route";

export interface Trust {
  readonly state: TrustState;
  /** True when an operator fixed the state. */
  readonly isForced: boolean;
}

/** The router's state. What nobody forced and no evidence supports is cold. */
export function trustOf(forced: TrustState | undefined): Trust {
  return { state: forced ?? "cold", isForced: forced !== undefined };
}
