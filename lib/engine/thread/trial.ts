/**
 * A thread that only loads a worker, to see whether that goes well.
 *
 * @module
 */

import type { Config } from "../../config/config.ts";
import { errorData } from "../../errors/error_data.ts";
import type { WorkerDescription } from "../executor/executor.ts";
import { DEFAULT_MAX_HEAP_MB } from "../host/describe.ts";
import type { WorkerFile } from "../host/discovery.ts";
import { missingSettings } from "../host/required.ts";
import type { Described } from "./messages.ts";
import { WorkerThread } from "./worker_thread.ts";
import { NO_LISTENER } from "../host/loops.ts";

/** What came of it. */
export interface Trial {
  /** Whether `--all` runs the worker, if it lacks no setting. */
  readonly isActive: boolean;
  /** The settings that it requires. */
  readonly requires: readonly string[];
  /** Those of them that are not set. */
  readonly missing: readonly string[];
  /** Whether the database is a Zulip server's, and the worker must not run there. */
  readonly isMisplaced?: boolean;
  /** Paths within its events whose values are never shown. */
  readonly secrets: readonly string[];
  /** How long its events may be here; left out where it did not load. */
  readonly limits?: Pick<WorkerDescription, "maxConsumeSeconds" | "batch">;
  /** Why it did not load. */
  readonly problem?: string;
}

const NOTHING = { isActive: false, requires: [], missing: [], secrets: [] } as const;

/** Loads a worker in a thread, which ends then. It is not set up, and no file of it stays. */
export async function loadInThread(file: WorkerFile, config: Config): Promise<Trial> {
  const stateDir = await Deno.makeTempDir({ prefix: "process-queue-trial-" });
  try {
    return await load(file, { ...config, stateDir });
  } catch (error) {
    return { ...NOTHING, problem: errorData(error).message };
  } finally {
    await Deno.remove(stateDir, { recursive: true });
  }
}

async function load(file: WorkerFile, config: Config): Promise<Trial> {
  const thread = new WorkerThread({
    data: { file, queue: file.name, workerNum: 0, config },
    maxHeapMb: DEFAULT_MAX_HEAP_MB,
    publish: () => Promise.reject(new Error("check-config publishes nothing")),
    loops: NO_LISTENER,
    onUnhandledError() {},
    onMoreUnhandledErrors() {},
  });
  const described = await thread.described;
  const end = described ? undefined : await thread.ended;
  await thread.stop();
  if (described) return trialOf(described, file, config);
  const problem = end && "error" in end ? end.error.message : "its thread ended";
  return { ...NOTHING, problem };
}

function trialOf({ description, ...more }: Described, file: WorkerFile, config: Config): Trial {
  const { requires, secrets, maxConsumeSeconds, batch } = description;
  const missing = missingSettings(description, file, config);
  return { ...more, requires, missing, secrets, limits: { maxConsumeSeconds, batch } };
}
