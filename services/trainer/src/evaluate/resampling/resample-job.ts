import { type EstimatesInput, planEstimates } from "../assess.ts";
import { planRouting, type RoutingInput } from "../assess-routing.ts";
import { type ControlStatisticsInput, planControls } from "../controls/control-statistics.ts";
import type { Measurements } from "./draw-part.ts";

/** What measurements are made of, as data that a thread can be sent. */
export type ResampleJob =
  | { readonly kind: "estimates"; readonly input: EstimatesInput }
  | { readonly kind: "routing"; readonly input: RoutingInput }
  | { readonly kind: "controls"; readonly input: ControlStatisticsInput };

export function measurementsOf(job: ResampleJob): Measurements {
  switch (job.kind) {
    case "estimates":
      return planEstimates(job.input).measurements;
    case "routing":
      return { routing: planRouting(job.input).measurement };
    case "controls":
      return { controls: planControls(job.input).measurement };
    default:
      return job satisfies never;
  }
}
