/**
 * Failed events as they come, for those who watch.
 *
 * @module
 */

import type { Report, Reporter } from "../engine/report.ts";
import { fingerprint } from "../errors/fingerprint.ts";
import { shownError } from "./error_groups.ts";
import { isoTime } from "./snapshot.ts";

/** A run that failed. */
export interface FailureNotice {
  readonly queue: string;
  readonly id: string;
  /** ISO 8601. */
  readonly at: string;
  readonly outcome: "retried" | "failed";
  readonly reason: string;
  readonly attempt: number;
  readonly fingerprint: string;
  readonly name: string;
  /** At most 200 characters. */
  readonly message: string;
}

/** Takes failures; must not throw. */
export type FailureListener = (failure: FailureNotice) => void;

/** Passes failures on. Without listeners it does nothing. */
export class FailureFeed {
  readonly #listeners = new Set<FailureListener>();

  /** Adds a listener. @returns A function that removes it. */
  listen(listener: FailureListener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Takes the engine's reports. */
  readonly report: Reporter = (report: Report): void => {
    if (this.#listeners.size === 0 || report.kind !== "settled") return;
    const { outcome, reason = "error", queue, id, attempt, error } = report;
    if (outcome !== "retried" && outcome !== "failed") return;
    if (reason === "retry-later") return;
    const shown = shownError(error);
    const notice: FailureNotice = {
      queue,
      id,
      at: isoTime(Date.now()),
      outcome,
      reason,
      attempt,
      fingerprint: fingerprint({ reason, error: error ?? shown }),
      ...shown,
    };
    for (const listener of this.#listeners) listener(notice);
  };
}
