/**
 * The commands that ask the processes of this host.
 *
 * @module
 */

import type { LogLevel } from "../config/log_choices.ts";
import type { Common } from "./common.ts";

/** What every command about processes has. */
interface ProcessCommand extends Common {
  readonly json: boolean;
  /** How long a process may take to answer. */
  readonly timeoutSeconds: number;
}

/** Show the processes of this host. */
export interface StatusCommand extends ProcessCommand {
  readonly mode: "status";
  /** Show them again and again; `undefined`: once. */
  readonly watchSeconds: number | undefined;
}

/** Pause, resume or restart queues in the processes of this host. */
export interface ChangeCommand extends ProcessCommand {
  readonly mode: "change";
  readonly action: "pause" | "resume" | "restart";
  readonly queues: readonly string[];
  /** Why a queue is paused. */
  readonly reason: string | undefined;
  /** How long it is paused; `undefined`: until somebody resumes it. */
  readonly seconds: number | undefined;
  /** Only this process; `undefined`: all. */
  readonly pid: number | undefined;
  /** Do not ask. */
  readonly yes: boolean;
}

/** Log from another level on. */
export interface LogLevelCommand extends ProcessCommand {
  readonly mode: "log-level";
  readonly level: LogLevel;
  readonly seconds: number;
  /** Only this process; `undefined`: all. */
  readonly pid: number | undefined;
}

/** Ask the processes of this host whether they are well. */
export interface HealthCommand extends ProcessCommand {
  readonly mode: "health";
  readonly probe: "live" | "ready" | "startup";
  /** Only this process; `undefined`: all. */
  readonly pid: number | undefined;
}

/** The orders of `queues`. */
export const QUEUE_SORTS = ["name", "ready", "failed", "state"] as const;

/** Show queues. */
export interface QueuesCommand extends ProcessCommand {
  readonly mode: "queues";
  /** Only these; empty: all. */
  readonly queues: readonly string[];
  /** Show them again and again; `undefined`: once. */
  readonly watchSeconds: number | undefined;
  /** A line for each that is ok, too. */
  readonly all: boolean;
  readonly sort: typeof QUEUE_SORTS[number];
}

/** Check the installation. */
export interface DoctorCommand extends ProcessCommand {
  readonly mode: "doctor";
  /** Mend what belongs to this program. */
  readonly fix: boolean;
  /** The address of RabbitMQ's management; `undefined`: it is not asked. */
  readonly management: string | undefined;
}

/** Check queues for a monitoring system. */
export interface CheckCommand extends ProcessCommand {
  readonly mode: "check";
  /** Only these; empty: all. */
  readonly queues: readonly string[];
  /** From how many dead letters on is there a warning; `undefined`: never. */
  readonly failedLimit: number | undefined;
  /** The file, or the folder of the file, that gets the result. */
  readonly stateFile: string | undefined;
  /** The most queues with performance data. */
  readonly perfdataQueues: number;
}
