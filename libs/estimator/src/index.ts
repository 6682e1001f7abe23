export {
  type Adapter,
  type Bundle,
  type CandidateModel,
  type Estimator,
  type IdentityAdapter,
  type LinearAdapter,
  type MemoryModel,
  minAdapterLabels,
  type NeighbourAdapter,
  type OutputTokens,
  type RoutingPoint,
  type ToleranceTable,
  type TopicModel,
} from "./bundle.ts";
export { cutText } from "./cut-text.ts";
export type { EncodeOptions, Encoder } from "./encoder.ts";
export {
  badEncoder,
  parseEncoderJson,
  readEncoderFile,
  readEncoderManifest,
  writeEncoderFiles,
  type WrittenEncoder,
} from "./encoder-files.ts";
export {
  encoderFormatVersion,
  encoderId,
  type EncoderManifest,
  type OnnxEncoderManifest,
  type RemoteEncoderManifest,
  type StaticEncoderManifest,
} from "./encoder-manifest.ts";
export {
  countFeatures,
  extractFeatures,
  featuresVersion,
  maxFeatureCharacters,
  type PromptFeatures,
} from "./features.ts";
export { foldCount, withoutFold } from "./fold-estimator.ts";
export { neighbourMean } from "./memory.ts";
export { loadBundle } from "./load-bundle.ts";
export { type Manifest, maxTopics, type PredictionMetrics } from "./manifest.ts";
export { type NgramCounts, ngramCount, type SparseNgrams, weighNgrams } from "./ngrams.ts";
export { applyPlatt, crossEntropy, identityPlatt, logit, maxLogit, type Platt, sigmoid } from "./platt.ts";
export {
  createPredictor,
  type PredictionRequest,
  type QualityEstimate,
  type QualityPredictor,
} from "./predictor.ts";
export { promptText, type SpokenTurn } from "./prompt-text.ts";
export { type EncoderDescription, loadEncoder, loadStaticEncoder, writeEncoder } from "./static-encoder.ts";
export { quantiseTable, type StaticTable } from "./static-table.ts";
export { surfaceCount, surfaceNames } from "./surface.ts";
export { distinctDigests, hasPrompt, promptDigest, type PromptDigests, promptDigests } from "./trained-on.ts";
export { createTopicReader, mixTopics, softmax } from "./topics.ts";
export { createTrunk, gelu, standardiseSurface, type TrunkModel, trunkRows } from "./trunk.ts";
export { type BundleContent, writeBundle } from "./write-bundle.ts";
export { createWordPiece, type TokenizerFile, type Tokenize, tokenizerSchema } from "./word-piece.ts";
