/**
 * Reads the files of statistics, `<QUEUE_STATS_DIR>/<queue>.stats`, for queues that no process of
 * this program has: those of Zulip's own workers.
 *
 * @module
 */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import type { StatisticsFacts } from "./merge.ts";

const FILE = z.object({
  update_time: z.number(),
  recent_average_consume_time: z.number().nullish(),
});

/** What the file of a queue says; `null` where there is none, or it is no such file. */
export function readStatistics(statsDir: string, queue: string): StatisticsFacts | null {
  try {
    const text = readFileSync(join(statsDir, `${queue}.stats`), "utf8");
    const { update_time, recent_average_consume_time } = FILE.parse(JSON.parse(text));
    return {
      updatedAt: update_time * 1000,
      meanRunSeconds: recent_average_consume_time ?? null,
    };
  } catch {
    return null;
  }
}
