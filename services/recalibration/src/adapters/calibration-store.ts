import { fromBinary, toBinary } from "@bufbuild/protobuf";
import { activeCalibrationKey, calibrationRevisionKey, type KeyValue } from "@ipr/events";
import { type Calibration, CalibrationSchema } from "@ipr/proto";

/** Past calibrations of a bundle that can be pinned. */
const maxHistory = 20;

export interface ActiveCalibration {
  readonly calibration: Calibration;
  /** Of the key, not of the calibration: what a replacement must expect. */
  readonly keyRevision: number;
}

/** The published calibrations: one active for each bundle, and the last few. */
export interface CalibrationStore {
  active(bundle: string): Promise<ActiveCalibration | undefined>;
  /** Makes it active if the active one is still the expected one, else rejects with REVISION_CONFLICT. */
  activate(calibration: Calibration, expected: ActiveCalibration | undefined): Promise<void>;
  /** Keeps it for later, and drops the oldest beyond the limit. */
  remember(calibration: Calibration): Promise<void>;
  /** Newest first. */
  history(bundle: string): Promise<string[]>;
  find(bundle: string, revision: string): Promise<Calibration | undefined>;
}

export function calibrationStore(values: KeyValue): CalibrationStore {
  const historyKeys = async (bundle: string): Promise<string[]> => {
    const prefix = `${activeCalibrationKey(bundle)}.`;
    const keys = (await values.keys()).filter((key) => key.startsWith(prefix));
    return keys.toSorted().toReversed();
  };
  return {
    async active(bundle) {
      const entry = await values.get(activeCalibrationKey(bundle));
      return entry && { calibration: parse(entry.value), keyRevision: entry.revision };
    },
    async activate(calibration, expected) {
      const key = activeCalibrationKey(calibration.bundle);
      await values.update(key, toBinary(CalibrationSchema, calibration), expected?.keyRevision ?? 0);
    },
    async remember(calibration) {
      const { bundle, revision } = calibration;
      await values.put(calibrationRevisionKey(bundle, revision), toBinary(CalibrationSchema, calibration));
      const surplus = (await historyKeys(bundle)).slice(maxHistory);
      await Promise.all(surplus.map((key) => values.delete(key)));
    },
    async history(bundle) {
      const skipped = activeCalibrationKey(bundle).length + 1;
      return (await historyKeys(bundle)).map((key) => key.slice(skipped));
    },
    async find(bundle, revision) {
      const entry = await values.get(calibrationRevisionKey(bundle, revision));
      return entry && parse(entry.value);
    },
  };
}

const parse = (value: Uint8Array): Calibration => fromBinary(CalibrationSchema, value);
