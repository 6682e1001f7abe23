import { IprError, status } from "@ipr/errors";
import { type Registration, register } from "@ipr/grpc";
import { RecalibrationService } from "@ipr/proto";
import type { CalibrationStore } from "../adapters/calibration-store.ts";
import type { Ledger } from "../adapters/ledger.ts";
import { meansOf } from "../domain/fit-calibration.ts";
import type { CalibrationPublisher } from "../publisher.ts";

export interface Dependencies {
  readonly ledger: Ledger;
  readonly store: CalibrationStore;
  readonly publisher: CalibrationPublisher;
}

/** The RPCs are about the bundle in use: that of the latest decision. */
export function recalibrationService({ ledger, store, publisher }: Dependencies): Registration {
  const currentBundle = (): string => {
    const bundle = ledger.currentBundle();
    if (bundle !== undefined) return bundle;
    throw new IprError(
      status.NOT_FOUND,
      "UNKNOWN_CALIBRATION",
      "no decision has come yet, so there is no bundle to calibrate",
      { metadata: { revision: "", known: "" } },
    );
  };
  return register(RecalibrationService, {
    async getStatus() {
      const { decisions, feedback, joined, waiting } = ledger.counts();
      const counts = {
        decisions: BigInt(decisions),
        feedback: BigInt(feedback),
        joined: BigInt(joined),
        waiting: BigInt(waiting),
      };
      const bundle = ledger.currentBundle();
      if (bundle === undefined) return { ...counts, history: [], candidates: [] };
      const [active, history] = await Promise.all([store.active(bundle), store.history(bundle)]);
      const candidates = ledger.candidatesOf(bundle).map((candidate) => {
        const { pairs, ...means } = meansOf(ledger.pairsOf({ bundle, candidate }));
        return { candidate, pairs: BigInt(pairs), ...means };
      });
      return { ...counts, ...(active && { active: active.calibration }), history, candidates };
    },
    async pinCalibration({ revision }) {
      return { active: await publisher.pin(currentBundle(), revision) };
    },
    async unpinCalibration() {
      return { active: await publisher.unpin(currentBundle()) };
    },
    async rollBackCalibration() {
      return { active: await publisher.rollBack(currentBundle()) };
    },
  });
}
