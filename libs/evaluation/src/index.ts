export { bestSetF1, meanAbsoluteError, rSquared, topOneAccuracy } from "./accuracy.ts";
export { apgr } from "./apgr.ts";
export { aucOf, aucWithinSources, goodScore, minClassRows } from "./auc.ts";
export {
  bootstrap,
  type BootstrapOptions,
  defaultResamples,
  type Draws,
  type Figure,
  meanOfDefined,
  onRows,
  sharedAcross,
  type Statistic,
} from "./bootstrap.ts";
export { calibrationError, reliability, type ReliabilityBin } from "./calibration-error.ts";
export {
  areaOf,
  candidatePoints,
  type Curve,
  curveOf,
  type Ends,
  envelopeAreaOf,
  type Points,
  pointsOf,
  rescaledArea,
  scaled,
  type ScaledPoint,
  type Truth,
} from "./curve.ts";
export { cheapestMixture, type Mixture, staticFrontier } from "./frontier.ts";
export { gateSteps } from "./gate.ts";
export { cell, columnMeans, constantRows, createMatrix, type Matrix } from "./matrix.ts";
export { drawsOfTree, measure, type Measured, measuredFrom, type Statistics } from "./measure.ts";
export { chooseSetting, readerOf } from "./operating-point.ts";
export { factorPositive, solveFactored } from "./positive.ts";
export { type Random, seededRandom, shuffledIndexes } from "./random.ts";
export {
  addSums,
  applyRidge,
  ridgeError,
  type RidgeSums,
  ridgeSums,
  solveRidge,
  subtractSums,
  withTargets,
} from "./ridge.ts";
export { sourceMeans } from "./source-means.ts";
export { acrossBatch, batchSize } from "./resamples.ts";
export { choicesAt, maxCandidates, maxSettings, settingsOf, type Steps } from "./steps.ts";
export { knownMeans, meanOf } from "./sums.ts";
export { utilitySteps } from "./utility.ts";
