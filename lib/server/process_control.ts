/**
 * What the control doors ask of the process that they belong to.
 *
 * @module
 */

import type { LogLevel } from "../log/log.ts";
import type { Finding, Probe } from "../monitoring/health.ts";
import type { MetricsFormat } from "../monitoring/metrics.ts";
import type { ProcessSnapshot, QueueState } from "../monitoring/snapshot.ts";
import type { QueueReport } from "../operations/queue_report.ts";
import type { FailureListener } from "../monitoring/failure_feed.ts";

/** A pause that somebody asks for. */
export interface PauseRequest {
  /** Who asks. */
  readonly by: string;
  readonly reason?: string | undefined;
  /** When it ends by itself. @default {when somebody resumes the queue} */
  readonly seconds?: number | undefined;
}

/** What came of a change of a queue. */
export interface QueueChange {
  readonly queue: string;
  readonly state: QueueState;
  /**
   * How many consumers the queue has in other processes; `null` where the broker does not know, or
   * is unavailable.
   */
  readonly consumers_elsewhere: number | null;
}

/** What a process can be asked to do, as by a signal. */
export type ProcessRequest = "quiet" | "resume" | "drain" | "restart";

/** A process that runs queues. */
export interface ProcessControl {
  /** What it says about itself. */
  snapshot(): ProcessSnapshot;
  /** What keeps it from being healthy; nothing where it is. Made from memory, without I/O. */
  health(probe: Probe): readonly Finding[];
  /** Its metrics, in the text format of Prometheus. */
  metrics(format: MetricsFormat): string;
  /** What its queues are like, as of the last look at the broker, at most about 10 s ago. */
  queues(): readonly QueueReport[];
  /** Hears of failed events. @returns A function that ends that. */
  onFailure(listener: FailureListener): () => void;
  /**
   * Takes no more events from a queue, and releases what was not started.
   *
   * @throws {HttpError} `not_found` where it does not run the queue, `conflict` where it stops.
   */
  pause(queue: string, request: PauseRequest): Promise<QueueChange>;
  /** Takes events from a queue again. Throws as {@linkcode pause} does. */
  resume(queue: string, by: string): Promise<QueueChange>;
  /**
   * Has a new thread run the queue, also where it is parked. Throws as {@linkcode pause} does;
   * `conflict`, too, for a queue in the main thread.
   */
  restart(queue: string, by: string): Promise<QueueChange>;
  /** Logs from this level on, for some seconds; then from the configured one. */
  setLogLevel(level: LogLevel, seconds: number, by: string): void;
  /** Does what a signal does. */
  request(request: ProcessRequest, by: string): void;
}
