import { Gate as WireGate, Infeasibility, Role, TrustState as WireTrustState } from "@ipr/proto";
import type { Turn } from "../domain/conversation.ts";
import type { ExclusionCode } from "../domain/fit.ts";
import type { Gate } from "../domain/threshold.ts";
import type { TrustState } from "../domain/trust.ts";

const gates = new Map<WireGate, Gate>([
  [WireGate.DYNAMIC_MAX, "dynamic_max"],
  [WireGate.DYNAMIC_MINMAX, "dynamic_minmax"],
  [WireGate.STATIC, "static"],
]);

const wireGates: Readonly<Record<Gate, WireGate>> = {
  dynamic_max: WireGate.DYNAMIC_MAX,
  dynamic_minmax: WireGate.DYNAMIC_MINMAX,
  static: WireGate.STATIC,
};

const trustStates = new Map<WireTrustState, TrustState>([
  [WireTrustState.COLD, "cold"],
  [WireTrustState.OBSERVE, "observe"],
  [WireTrustState.ROUTE, "route"],
]);

const wireTrustStates: Readonly<Record<TrustState, WireTrustState>> = {
  cold: WireTrustState.COLD,
  observe: WireTrustState.OBSERVE,
  route: WireTrustState.ROUTE,
};

const infeasibilities: Readonly<Record<ExclusionCode, Infeasibility>> = {
  below_threshold: Infeasibility.BELOW_THRESHOLD,
  no_estimate: Infeasibility.NO_ESTIMATE,
  too_few_labels: Infeasibility.TOO_FEW_LABELS,
  unknown_price: Infeasibility.UNKNOWN_PRICE,
  context: Infeasibility.CONTEXT,
  capability: Infeasibility.CAPABILITY,
  place: Infeasibility.PLACE,
  family: Infeasibility.FAMILY,
  latency: Infeasibility.LATENCY,
  cost: Infeasibility.COST,
};

const speakers = new Map<Role, Turn["speaker"]>([
  [Role.SYSTEM, "system"],
  [Role.USER, "user"],
  [Role.ASSISTANT, "assistant"],
  [Role.TOOL, "tool"],
]);

/** Not given means dynamic_max. */
export const fromGate = (gate: WireGate): Gate => gates.get(gate) ?? "dynamic_max";
export const toGate = (gate: Gate): WireGate => wireGates[gate];
export const fromTrustState = (state: WireTrustState): TrustState | undefined => trustStates.get(state);
export const toTrustState = (state: TrustState): WireTrustState => wireTrustStates[state];
export const toInfeasibility = (code: ExclusionCode | undefined): Infeasibility =>
  code === undefined ? Infeasibility.UNSPECIFIED : infeasibilities[code];
/** The contract refuses a turn without a role. */
export const fromRole = (role: Role): Turn["speaker"] => speakers.get(role) ?? "user";
