/**
 * What checks of an installation find: for `doctor`, for `check-config`, and on the control doors.
 *
 * @module
 */

/** How bad a finding is. */
export type FindingLevel = "ok" | "warning" | "error";

/** What a finding is about. */
export type FindingArea =
  | "settings"
  | "workers"
  | "state"
  | "statistics"
  | "errors"
  | "uploads"
  | "queues"
  | "mail"
  | "push"
  | "proxy"
  | "broker"
  | "database"
  | "disk"
  | "http"
  | "processes"
  | "sockets"
  | "pauses"
  | "journals"
  | "retries"
  | "shards"
  | "clock"
  | "management"
  | "check";

/** What was found, in the words of its JSON. */
export interface Finding {
  readonly level: FindingLevel;
  readonly area: FindingArea;
  /** The queue that it is about; `null`: none. */
  readonly queue: string | null;
  /** One sentence without its end; `""` where all is well and there is nothing to add. */
  readonly message: string;
  /** The command that mends it, or what to do; `null`: nothing, or the message says it. */
  readonly fix: string | null;
}

/** What a check has found. */
export interface Found {
  readonly level: FindingLevel;
  readonly message: string;
  readonly queue?: string;
  readonly fix?: string;
  /**
   * Mends it. Only what belongs to this program is changed, and nothing is lost.
   *
   * @returns What was done, as a sentence without its end.
   */
  readonly mend?: () => Promise<string> | string;
}

/** What a found thing has beside its level and its sentence. */
export type FoundMore = Omit<Found, "level" | "message">;

/** The fix of all that `doctor --fix` mends. */
export const DOCTOR_FIX = "process-queue doctor --fix";

/** All is well. @param message What there is. @default {""} */
export function fine(message = "", more: FoundMore = {}): Found {
  return { level: "ok", message, ...more };
}

/** Something should be looked at, and everything works. */
export function warning(message: string, more: FoundMore = {}): Found {
  return { level: "warning", message, ...more };
}

/** Something does not work. */
export function wrong(message: string, more: FoundMore = {}): Found {
  return { level: "error", message, ...more };
}

/** The finding without the means to mend it. */
export function findingOf(area: FindingArea, { level, message, queue, fix }: Found): Finding {
  return { level, area, queue: queue ?? null, message, fix: fix ?? null };
}
