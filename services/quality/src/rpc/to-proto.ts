import type { MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import {
  BundleRole,
  type BundleSlotSchema,
  type GetBundleResponseSchema,
  type LoadedBundleSchema,
  type ShadowComparisonSchema,
} from "@ipr/proto";
import type { BundleSlot } from "../bundle-slot.ts";
import type { LoadedBundle } from "../loaded-bundle.ts";
import type { ShadowState } from "../shadow.ts";

const roles = {
  active: BundleRole.ACTIVE,
  stand_in: BundleRole.STAND_IN,
  shadow: BundleRole.SHADOW,
} as const;

export function toGetBundleResponse({
  id,
  encoder,
  predictor,
  calibration,
  createdAt,
  toleranceTable: table,
}: LoadedBundle): MessageInitShape<typeof GetBundleResponseSchema> {
  return {
    bundle: id,
    encoder: encoder.id,
    candidates: [...predictor.candidates],
    calibration: calibration().revision,
    createdAt: timestampFromDate(createdAt),
    ...(table && {
      toleranceTable: {
        ...table,
        pool: [...table.pool],
        points: [...table.points],
        rows: BigInt(table.rows),
      },
    }),
  };
}

export function toBundleSlot({
  role,
  source,
  current,
  previous,
  refusal,
  isRolledBack,
}: BundleSlot): MessageInitShape<typeof BundleSlotSchema> {
  return {
    role: roles[role],
    source: source.location,
    ...(current && { current: toLoadedBundle(current) }),
    ...(previous && { previous: toLoadedBundle(previous) }),
    ...(refusal && {
      refusal: {
        path: refusal.found.path,
        reason: refusal.reason,
        message: refusal.message,
        refusedAt: timestampFromDate(refusal.refusedAt),
      },
    }),
    rolledBack: isRolledBack,
  };
}

function toLoadedBundle(loaded: LoadedBundle): MessageInitShape<typeof LoadedBundleSchema> {
  return {
    bundle: loaded.id,
    encoder: loaded.encoder.id,
    candidates: loaded.predictor.candidates.length,
    calibration: loaded.calibration().revision,
    createdAt: timestampFromDate(loaded.createdAt),
    loadedAt: timestampFromDate(loaded.loadedAt),
    path: loaded.found.path,
  };
}

export function toComparison({
  startedAt,
  prompts,
  dropped,
  rankCorrelation,
  feasible,
  candidates,
  served,
  shadow,
}: ShadowState): MessageInitShape<typeof ShadowComparisonSchema> {
  return {
    served,
    shadow,
    startedAt: timestampFromDate(startedAt),
    prompts: BigInt(prompts),
    dropped: BigInt(dropped),
    ...(rankCorrelation !== undefined && { rankCorrelation }),
    feasible: [...feasible],
    candidates: candidates.map((difference) => ({ ...difference, prompts: BigInt(difference.prompts) })),
  };
}
