import { parentPort, workerData } from "node:worker_threads";
import { takeMessages } from "@ipr/onnx";

/** Stands for a worker of which native code ends the thread: it ends on the text "crash". */
const { manifest } = workerData as { manifest: { dimension: number } };

if (parentPort) {
  const port = parentPort;
  takeMessages(port, (message) => {
    const { texts } = message as { readonly texts: readonly string[] };
    if (texts.includes("crash")) process.exit(7);
    const vectors = new Float32Array(texts.length * manifest.dimension).fill(1);
    port.postMessage({ kind: "encoded", vectors }, []);
    return Promise.resolve();
  });
  port.postMessage({ kind: "ready" }, []);
}
