/**
 * All that `doctor` finds, also for the dashboard.
 *
 * @module
 */

import type { Config } from "../../config/config.ts";
import { errorData } from "../../errors/error_data.ts";
import { type Finding, fine, type Found, wrong } from "../../operations/doctor/finding.ts";
import type { Services } from "../services.ts";
import { type Check, type CheckResult, CHECKS, findingsOf, runChecks, sceneOf } from "./checks.ts";
import { checkDatabaseClock } from "./clock_checks.ts";
import {
  checkCertificates,
  checkDisks,
  checkJournals,
  checkListener,
  checkPauses,
  checkSockets,
} from "./host_checks.ts";
import { checkManagement, openManagement } from "./management_checks.ts";
import { checkJudged, checkProcesses, RABBITMQ_CHECKS } from "./queue_checks.ts";

/** The checks beyond those of the settings and of RabbitMQ. */
const MORE_CHECKS: readonly Check[] = [
  { area: "broker", run: checkCertificates },
  { area: "management", run: checkManagement },
  { area: "disk", run: checkDisks },
  { area: "http", run: checkListener },
  { area: "sockets", run: checkSockets },
  { area: "processes", run: checkProcesses },
  { area: "pauses", run: checkPauses },
  { area: "journals", run: checkJournals },
  { area: "check", run: checkJudged },
];

/** The checks of a database that answers. */
const DATABASE_CHECKS: readonly Check[] = [{ area: "clock", run: checkDatabaseClock }];

/** How findings are made. */
export interface FindingsOptions {
  /** How long broker and processes may take to answer. @default {10} */
  readonly timeoutSeconds?: number;
  /** Mends what belongs to this program; what was mended is ok then. @default {false} */
  readonly fix?: boolean;
  /** The address of RabbitMQ's management. @default {it is not asked} */
  readonly management?: string | undefined;
}

/**
 * Checks everything, as `doctor` does: the settings and what they lead to, this host, its processes,
 * and the queues. Takes seconds, as it loads every worker. Without `fix` it changes nothing.
 *
 * @param config Also one that has problems: each of them is an error.
 */
export async function findings(
  config: Config,
  services: Services,
  { timeoutSeconds = 10, fix = false, management }: FindingsOptions = {},
): Promise<Finding[]> {
  using api = management === undefined
    ? undefined
    : openManagement(management, config, timeoutSeconds);
  const scene = { ...await sceneOf(config, services, timeoutSeconds), management: api };
  const settings = await runChecks(CHECKS, scene);
  // Its time is not that of the broker.
  await api?.queues().catch(() => {});
  // Once is enough to wait for a server that does not answer.
  const more = [
    ...isLost("broker", settings) ? [] : RABBITMQ_CHECKS,
    ...isLost("database", settings) ? [] : DATABASE_CHECKS,
    ...MORE_CHECKS,
  ];
  const results = [...settings, ...await runChecks(more, scene)];
  return findingsOf(fix ? await mended(results) : results);
}

/** Whether a server cannot be used at all; what is wrong with a queue names it. */
function isLost(server: "broker" | "database", results: readonly CheckResult[]): boolean {
  return results.some(({ area, found }) =>
    area === server && found.some(({ level, queue }) => level === "error" && queue === undefined)
  );
}

async function mended(results: readonly CheckResult[]): Promise<CheckResult[]> {
  const after: CheckResult[] = [];
  for (const { area, found } of results) {
    const now: Found[] = [];
    for (const one of found) now.push(await mend(one));
    after.push({ area, found: now });
  }
  return after;
}

async function mend(found: Found): Promise<Found> {
  if (!found.mend) return found;
  const of = found.queue === undefined ? {} : { queue: found.queue };
  try {
    return fine(`mended: ${await found.mend()}`, of);
  } catch (error) {
    return wrong(`${found.message}; it could not be mended: ${errorData(error).message}`, of);
  }
}
