/**
 * The findings for the dashboard's screen of checks.
 *
 * @module
 */

import type { Config } from "../../config/config.ts";
import { isoTime } from "../../monitoring/snapshot.ts";
import { type Checks, findingOf } from "../../operations/dashboard/finding.ts";
import type { DashboardView } from "../../operations/dashboard/view.ts";
import { findings as doctorFindings } from "../doctor/findings.ts";
import { checkLines, worst } from "../queues/check.ts";
import { gather } from "../queues/gather.ts";
import type { Services } from "../services.ts";

/** How long the broker and the processes may take to answer. */
const TIMEOUT_SECONDS = 6;

/**
 * Checks the queues, as the command `check` does, and for a whole host all that `doctor` checks; that
 * loads the workers, which a process that runs queues must not be busy with.
 */
export async function runChecks(
  config: Config,
  services: Services,
  scope: DashboardView["scope"],
): Promise<Checks> {
  const start = performance.now();
  const options = { queues: [], failedLimit: null, timeoutSeconds: TIMEOUT_SECONDS };
  const [{ reports }, others] = await Promise.all([
    gather(options, config, services),
    scope === "host" ? doctorFindings(config, services, options) : [],
  ]);
  const [text = ""] = checkLines(reports, 0, config);
  return {
    at: isoTime(Date.now()),
    seconds: Math.round(performance.now() - start) / 1000,
    findings: [...others.filter(({ area }) => area !== "check"), ...reports.map(findingOf)],
    check: { status: worst(reports), text },
  };
}
