/** A thread that waits for messages. */
import "zod";
import { parentPort } from "node:worker_threads";

parentPort?.on("message", () => {});
parentPort?.postMessage("waiting");
