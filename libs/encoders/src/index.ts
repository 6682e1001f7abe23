export { type Encoder, loadEncoder as openEncoder } from "@ipr/estimator";
