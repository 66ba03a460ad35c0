/**
 * The rows of a comparison between two checkouts, and how each is measured.
 *
 * @module
 */

import { join } from "node:path";
import { drain, type DrainOptions } from "./drain.ts";
import { firstEvent } from "./first_event.ts";
import type { Kind } from "./program.ts";
import { publish } from "./publish.ts";
import { parseRates, type Rate } from "./ratios.ts";
import { startThreads } from "./threads.ts";

/** Options of all trials. */
export interface TrialOptions {
  readonly url: string;
  readonly events: number;
  readonly prefetch: number;
  /** Takes only rows whose name contains this. */
  readonly rows: string;
}

/** A measurement that gives one rate for each of its rows. */
export interface Trial {
  readonly rows: readonly string[];
  /** Measures this checkout only: no engine takes part. */
  readonly isReference?: boolean;
  measure(checkout: string): Promise<readonly Rate[]>;
}

const SQLITE_ROWS = ["sqlite publish", "sqlite drain"];

/** @throws {TypeError} When no row has the wanted name. */
export function trialsOf(options: TrialOptions): Trial[] {
  const { url, events, prefetch } = options;
  const common = { url, events, prefetch };
  const trials = [
    ...(["classic", "quorum"] as const).flatMap((type) =>
      (["bare", "inline", "thread"] as const).map((kind) =>
        drainTrial(kind, { ...common, type, queues: 1 })
      )
    ),
    ...[4, 16].map((queues) => drainTrial("thread", { ...common, type: "classic", queues })),
    threadsTrial(url),
    publishTrial(url, events),
    sqliteTrial(events, prefetch),
    firstEventTrial(url),
  ];
  const wanted = trials.filter(({ rows }) => rows.some((row) => row.includes(options.rows)));
  if (wanted.length > 0) return wanted;
  const names = trials.flatMap(({ rows }) => rows).join(", ");
  throw new TypeError(`--rows ${options.rows}: no row has this in its name; there are ${names}`);
}

function drainTrial(kind: Kind, options: DrainOptions): Trial {
  const queues = options.queues > 1 ? ` ${options.queues} queues` : "";
  return {
    rows: [`${options.type}${queues} ${kind}`],
    isReference: kind === "bare",
    async measure(checkout) {
      const { eventsPerSecond, cpuMicros } = await drain(kind, { ...options, checkout });
      return [{ perSecond: eventsPerSecond, cpuMicros }];
    },
  };
}

/** Threads started in a second, from the start of a program that runs 16 queues. */
function threadsTrial(url: string): Trial {
  return {
    rows: ["16 threads started"],
    async measure(checkout) {
      const { count, startMs, cpuMs } = await startThreads(url, checkout);
      return [{ perSecond: count * 1000 / startMs, cpuMicros: cpuMs * 1000 / count }];
    },
  };
}

function publishTrial(url: string, events: number): Trial {
  return {
    rows: ["rabbitmq publish command"],
    measure: async (checkout) => [await publish(url, events, checkout)],
  };
}

function sqliteTrial(events: number, prefetch: number): Trial {
  return {
    rows: SQLITE_ROWS,
    async measure(checkout) {
      const script = join(checkout, "scripts", "bench", "sqlite.ts");
      const size = ["--events", String(events), "--prefetch", String(prefetch)];
      const { stdout } = await new Deno.Command(Deno.execPath(), {
        args: ["run", "-A", script, ...size],
        cwd: checkout,
        stderr: "inherit",
      }).output();
      return parseRates(new TextDecoder().decode(stdout), SQLITE_ROWS);
    },
  };
}

/** Starts in a second, from the start of the program to its first event. */
function firstEventTrial(url: string): Trial {
  return {
    rows: ["first event"],
    async measure(checkout) {
      const { ms, cpuMicros } = await firstEvent(url, checkout);
      return [{ perSecond: 1000 / ms, cpuMicros }];
    },
  };
}
