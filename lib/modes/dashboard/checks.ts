/**
 * The findings for the dashboard's screen of checks.
 *
 * @module
 */

import type { Config } from "../../config/config.ts";
import { isoTime } from "../../monitoring/snapshot.ts";
import { type Checks, findingOf } from "../../operations/dashboard/finding.ts";
import { checkLines, worst } from "../queues/check.ts";
import { gather } from "../queues/gather.ts";
import type { Services } from "../services.ts";

/** How long the broker and the processes may take to answer. */
const TIMEOUT_SECONDS = 6;

/** Checks the queues, as the command `check` does. */
export async function runChecks(
  config: Config,
  services: Pick<Services, "listQueues" | "openBroker">,
): Promise<Checks> {
  const start = performance.now();
  const options = { queues: [], failedLimit: null, timeoutSeconds: TIMEOUT_SECONDS };
  const { reports } = await gather(options, config, services);
  const [text = ""] = checkLines(reports, 0, config);
  return {
    at: isoTime(Date.now()),
    seconds: Math.round(performance.now() - start) / 1000,
    findings: reports.map(findingOf),
    check: { status: worst(reports), text },
  };
}
