/**
 * The checks of an installation that `check-config` and `doctor` share: the settings and what they
 * lead to.
 *
 * @module
 */

import { isOfBrokerUrl } from "../../config/broker_url.ts";
import type { Config } from "../../config/config.ts";
import { isOfEnvFile } from "../../config/environment.ts";
import type { Problem } from "../../config/problem.ts";
import { queueNameProblems } from "../../config/queues.ts";
import { visible } from "../../errors/visible.ts";
import {
  type Finding,
  type FindingArea,
  findingOf,
  fine,
  type Found,
  warning,
  wrong,
} from "../../operations/doctor/finding.ts";
import { tokenProblems } from "../../server/tokens.ts";
import { TOO_LATE, within } from "../../system/deadline.ts";
import { checkBroker } from "../check_broker.ts";
import { checkDatabase } from "../check_database.ts";
import { checkHttp } from "../check_http.ts";
import { checkMail } from "../check_mail.ts";
import { checkPush } from "../check_push.ts";
import { checkQueues, consumedNames, type QueueCheck } from "../check_queues.ts";
import { uploadsProblem, workersProblem, writableProblem } from "../folders.ts";
import { certificateProblems } from "../mirror_server/certificate.ts";
import { CHOWN, foreignFiles } from "../owners.ts";
import type { KnownQueue, Services } from "../services.ts";
import type { ManagementApi } from "./management_api.ts";

/** What is checked. */
export interface CheckScene {
  /** Also one that has problems. */
  readonly config: Config;
  readonly known: readonly KnownQueue[];
  readonly queues: readonly QueueCheck[];
  readonly services: Services;
  /** How long broker and processes may take to answer. */
  readonly timeoutSeconds: number;
  /** RabbitMQ's management; `null` where RabbitMQ is not used. @default {it is not asked} */
  readonly management?: ManagementApi | null | undefined;
}

/** One check. */
export interface Check {
  readonly area: FindingArea;
  /** Whether a problem of the settings makes it pointless. @default {none does} */
  readonly isPointless?: (problem: Problem) => boolean;
  /** Whether it waits for the broker, which may connect and then say nothing. @default {false} */
  readonly asksBroker?: boolean;
  /** @throws {Error} Of which each line of the message is an error that was found. */
  readonly run: (scene: CheckScene) => Promise<readonly Found[]> | readonly Found[];
}

/** What one check has found; nothing where there was nothing to check. */
export interface CheckResult {
  readonly area: FindingArea;
  readonly found: readonly Found[];
}

/** The checks of the settings, in the order in which they are shown. */
export const CHECKS: readonly Check[] = [
  { area: "settings", run: settingsFound },
  { area: "workers", run: ({ config }) => problemFound(workersProblem(config)) },
  { area: "state", run: ({ config }) => folderFound("STATE_DIR", config.stateDir) },
  { area: "statistics", run: ({ config }) => folderFound("QUEUE_STATS_DIR", config.statsDir) },
  { area: "errors", run: ({ config }) => folderFound("QUEUE_ERROR_DIR", config.errorDir) },
  { area: "uploads", run: uploadsFound },
  { area: "queues", run: queuesFound },
  { area: "mail", isPointless: isOfMail, run: ({ config }) => checkMail(config) },
  { area: "push", isPointless: isOfPush, run: ({ config }) => checkPush(config) },
  { area: "proxy", isPointless: isOfHttp, run: ({ config }) => checkHttp(config) },
  {
    area: "broker",
    isPointless: isOfBroker,
    asksBroker: true,
    run: ({ config, queues, services }) => checkBroker(config, queues, services),
  },
  {
    area: "database",
    isPointless: ({ setting }) => setting === "DATABASE_URL",
    run: ({ config, services }) => checkDatabase(config, services),
  },
];

/** Loads the workers, and finds what is to be checked. */
export async function sceneOf(
  config: Config,
  services: Services,
  timeoutSeconds: number,
): Promise<CheckScene> {
  const known = await services.listQueues(config.workersDir);
  const queues = await checkQueues(config, known, services);
  return { config, known, queues, services, timeoutSeconds };
}

/** Runs checks, one after the other. Never rejects. */
export async function runChecks(
  checks: readonly Check[],
  scene: CheckScene,
): Promise<CheckResult[]> {
  const results: CheckResult[] = [];
  for (const check of checks) {
    const found = await tryCheck(check, scene);
    if (found.length > 0) results.push({ area: check.area, found });
  }
  return results;
}

/** The findings of checks. */
export function findingsOf(results: readonly CheckResult[]): Finding[] {
  return results.flatMap(({ area, found }) => found.map((one) => findingOf(area, one)));
}

/** Runs a check, unless a problem with its settings makes that pointless. */
async function tryCheck(
  check: Check,
  scene: CheckScene,
): Promise<readonly Found[]> {
  const { isPointless } = check;
  const problem = isPointless && scene.config.problems.find((each) => {
    return isOfEnvFile(each) || isPointless(each);
  });
  if (problem) {
    const which = isOfEnvFile(problem) ? "the file .env has" : "its settings have";
    return [wrong(`not tried, as ${which} a problem`)];
  }
  try {
    return await runInTime(check, scene);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return message.split("\n").map((line) => wrong(line));
  }
}

/** How much longer the broker may take for each queue, in seconds: a broker at work is not silent. */
const SECONDS_A_QUEUE = 0.2;

async function runInTime(
  { asksBroker = false, run }: Check,
  scene: CheckScene,
): Promise<readonly Found[]> {
  if (!asksBroker) return await run(scene);
  const more = scene.queues.flatMap(consumedNames).length * SECONDS_A_QUEUE;
  const seconds = Math.ceil(scene.timeoutSeconds + more);
  const found = await within(seconds * 1000, Promise.try(run, scene));
  return found === TOO_LATE ? [wrong(`the broker did not answer within ${seconds} s`)] : found;
}

function settingsFound({ config, known }: CheckScene): Found[] {
  const names = queueNameProblems(config, known.map(({ name }) => name));
  const certificate = certificateProblems(config.mirrorServer.tls);
  const tokens = config.server.address ? tokenProblems(config.server) : [];
  const problems = [...config.problems, ...names, ...certificate, ...tokens];
  return problems.length === 0 ? [fine()] : problems.map(foundOf);
}

/** Whether the program could make files in a folder, and use those of it. Makes none that stay. */
function folderFound(setting: string, dir: string | undefined): Found[] {
  if (dir === undefined) return [];
  const problem = writableProblem(setting, dir, { mayBeMade: false });
  if (problem) return [foundOf(problem)];
  const foreign = foreignFiles(dir);
  return problemFound(foreign === undefined ? undefined : { setting, wrong: foreign, fix: CHOWN });
}

function uploadsFound({ config: { uploads } }: CheckScene): Found[] {
  return uploads.localDir === undefined ? [] : problemFound(uploadsProblem(uploads.localDir));
}

function queuesFound({ queues }: CheckScene): Found[] {
  const found = queues.flatMap(({ name, ok, message, missing }) => {
    if (!ok) return [wrong(message, { queue: name })];
    return missing.length > 0 ? [warning(message, { queue: name })] : [];
  });
  return found.length === 0 ? [fine(`${queues.length} workers load`)] : found;
}

function problemFound(problem: Problem | undefined): Found[] {
  return [problem === undefined ? fine() : foundOf(problem)];
}

function foundOf({ setting, wrong: text, fix }: Problem): Found {
  return wrong(visible(`${setting}: ${text}`), { fix: visible(fix) });
}

/** Whether a problem makes it pointless to try the SMTP server. */
function isOfMail({ setting }: Problem): boolean {
  return /^(EMAIL_|TEMPLATES_DIR$)/.test(setting);
}

/** Whether a problem makes it pointless to try the proxies. */
function isOfHttp({ setting }: Problem): boolean {
  return /^(HTTPS?_proxy|OUTGOING_)/.test(setting);
}

/** Whether a problem makes it pointless to try the services of pushes. */
function isOfPush({ setting }: Problem): boolean {
  return /^(ZULIP_(SERVICE|ORG)|APNS_|FCM_|ANDROID_FCM|PUSH_)/.test(setting);
}

/** Whether a problem makes it pointless to connect to the broker. */
export function isOfBroker(problem: Problem): boolean {
  return isOfEnvFile(problem) || isOfBrokerUrl(problem);
}
