import { parentPort, workerData } from "node:worker_threads";

/** Stands for a worker of which native code ends the thread: it ends on the text "crash". */
const { manifest } = workerData as { manifest: { dimension: number } };

parentPort?.on("message", ({ texts }: { texts: readonly string[] }) => {
  if (texts.includes("crash")) process.exit(7);
  const vectors = new Float32Array(texts.length * manifest.dimension).fill(1);
  parentPort?.postMessage({ kind: "encoded", vectors }, []);
});
parentPort?.postMessage({ kind: "ready" }, []);
