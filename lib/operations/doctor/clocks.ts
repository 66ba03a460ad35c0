/**
 * What is found about the clocks of other hosts.
 *
 * @module
 */

import type { ClockReading } from "../../system/clock_reading.ts";
import { fine, type Found, warning, wrong } from "./finding.ts";

/** The clock of another host. */
export interface ClockFacts extends ClockReading {
  /** Whose it is, such as `the database`. */
  readonly of: string;
}

/** From this difference on, delays and times in logs are wrong by more than anybody expects. */
const WARN_MS = 2000;
/** From this difference on, events run and expire at wrong times. */
const WRONG_MS = 30_000;
const FIX = "have both hosts set their clocks by NTP: timedatectl set-ntp true";

/** Judges clocks by what is certain: the way to the other host and back takes time. */
export function clocksFound(clocks: readonly ClockFacts[]): Found[] {
  return clocks.map(({ of, aheadMs, uncertainMs }) => {
    const offMs = Math.max(0, Math.abs(aheadMs) - uncertainMs);
    if (offMs <= WARN_MS) return fine(`the clock of ${of} agrees with this host's`);
    const message = `the clock of ${of} is ${(offMs / 1000).toFixed(1)} s ${
      aheadMs > 0 ? "ahead of" : "behind"
    } this host's`;
    return (offMs > WRONG_MS ? wrong : warning)(message, { fix: FIX });
  });
}
