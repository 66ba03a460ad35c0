/**
 * `process-queue check-config`: prints the settings in effect, and checks what they lead to.
 *
 * @module
 */

import type { CheckConfigCommand } from "../command_line/command.ts";
import { isOfBrokerUrl } from "../config/broker_url.ts";
import type { Config } from "../config/config.ts";
import { queueKey } from "../config/queue_key.ts";
import { queueNameProblems } from "../config/queues.ts";
import { isOfEnvFile } from "../config/environment.ts";
import type { EffectiveSetting } from "../config/reader.ts";
import { type Problem, sentence } from "../config/problem.ts";
import { checkBroker } from "./check_broker.ts";
import { checkDatabase } from "./check_database.ts";
import { checkHttp } from "./check_http.ts";
import { checkMail } from "./check_mail.ts";
import { checkPush } from "./check_push.ts";
import { checkQueues, type QueueCheck, queueLines } from "./check_queues.ts";
import { certificateProblems } from "./mirror_server/certificate.ts";
import { CHOWN, foreignFiles } from "./owners.ts";
import { tokenProblems } from "../server/tokens.ts";
import { uploadsProblem, workersProblem, writableProblem } from "./folders.ts";
import { requiredLines } from "./check_required.ts";
import type { KnownQueue, Services } from "./services.ts";

/** The result of one check. */
export interface Check {
  /** `settings`, `workers`, `state`, `statistics`, `errors`, `uploads`, `queues`, `mail`, `push`, `proxy`, `broker` or `database`. */
  readonly name: string;
  readonly ok: boolean;
  /** The result in words, or the problem. */
  readonly message: string;
}

/** The widest column of settings, so that a source beside it ends within 80 columns. */
const MOST_WIDTH = 66;

/**
 * Prints every setting with its source, secrets masked, and the problems; then checks the folders,
 * loads the workers, and checks the broker (once, without waiting for it) and the database. No file
 * and no queue that it makes stays.
 *
 * @returns The exit code: 0, or 1 when a check failed.
 */
export async function runCheckConfig(
  command: CheckConfigCommand,
  config: Config,
  services: Services,
): Promise<number> {
  const { problems } = config;
  const known = await services.listQueues(config.workersDir);
  const queues = await checkQueues(config, known, services);
  const settings = config.effective.filter(isOurs(config, known));
  const checks = [
    checkSettings(config, known),
    ...checkFolders(config),
    queuesCheck(queues),
    await tryUnless(problems.find(isOfMail), "mail", () => checkMail(config)),
    await tryUnless(problems.find(isOfPush), "push", () => checkPush(config)),
    await tryUnless(problems.find(isOfHttp), "proxy", () => checkHttp(config)),
    await tryUnless(
      problems.find((each) => isOfEnvFile(each) || isOfBrokerUrl(each)),
      "broker",
      () => checkBroker(config, queues, services),
    ),
    await tryUnless(
      problems.find((each) => isOfEnvFile(each) || each.setting === "DATABASE_URL"),
      "database",
      () => checkDatabase(config, services),
    ),
  ];
  const lines = command.json ? [JSON.stringify({ settings, queues, checks })] : [
    ...settingLines(settings),
    ...requiredLines(queues, settings, settingLines),
    "",
    ...checks.map(checkLine),
  ];
  for (const line of lines) services.print(line);
  return checks.every(({ ok }) => ok) ? 0 : 1;
}

function queuesCheck(queues: readonly QueueCheck[]): Check {
  return { name: "queues", ok: queues.every(({ ok }) => ok), message: queueLines(queues) };
}

/** Whether a problem makes it pointless to try the SMTP server. */
function isOfMail(problem: Problem): boolean {
  return isOfEnvFile(problem) || /^(EMAIL_|TEMPLATES_DIR$)/.test(problem.setting);
}

/** Whether a problem makes it pointless to try the proxies. */
function isOfHttp(problem: Problem): boolean {
  return isOfEnvFile(problem) || /^(HTTPS?_proxy|OUTGOING_)/.test(problem.setting);
}

/** Whether a problem makes it pointless to try the services of pushes. */
function isOfPush(problem: Problem): boolean {
  return isOfEnvFile(problem) ||
    /^(ZULIP_(SERVICE|ORG)|APNS_|FCM_|ANDROID_FCM|PUSH_)/.test(problem.setting);
}

/** Leaves out variables that only look like a queue's shards. */
function isOurs(
  config: Config,
  known: readonly KnownQueue[],
): (setting: EffectiveSetting) => boolean {
  const queues = new Set(known.map(({ name }) => queueKey(name)));
  const others = config.queueVariables.filter(({ name, queue }) =>
    !name.startsWith("PQ_") && !queues.has(queue)
  );
  const names = new Set(others.map(({ name }) => name));
  return ({ name }) => !names.has(name);
}

function checkFolders(config: Config): Check[] {
  const { stateDir, statsDir, errorDir, uploads } = config;
  const check = (name: string, problem: Problem | undefined): Check => {
    return { name, ok: problem === undefined, message: problem ? sentence(problem) : "ok" };
  };
  return [
    check("workers", workersProblem(config)),
    check("state", folderProblem("STATE_DIR", stateDir)),
    check("statistics", folderProblem("QUEUE_STATS_DIR", statsDir)),
    ...(errorDir === undefined ? [] : [
      check("errors", folderProblem("QUEUE_ERROR_DIR", errorDir)),
    ]),
    ...(uploads.localDir === undefined ? [] : [check("uploads", uploadsProblem(uploads.localDir))]),
  ];
}

/** Whether the program could make files in a folder, and use those of it. Makes none that stay. */
function folderProblem(setting: string, dir: string): Problem | undefined {
  const problem = writableProblem(setting, dir, { mayBeMade: false });
  if (problem) return problem;
  const wrong = foreignFiles(dir);
  return wrong === undefined ? undefined : { setting, wrong, fix: CHOWN };
}

function checkSettings(config: Config, known: readonly KnownQueue[]): Check {
  const names = queueNameProblems(config, known.map(({ name }) => name));
  const certificate = certificateProblems(config.mirrorServer.tls);
  const tokens = config.server.address ? tokenProblems(config.server) : [];
  const problems = [...config.problems, ...names, ...certificate, ...tokens];
  const ok = problems.length === 0;
  return { name: "settings", ok, message: ok ? "ok" : problems.map(sentence).join("\n") };
}

/** Runs a check, unless a problem with its settings makes that pointless. */
async function tryUnless(
  problem: Problem | undefined,
  name: string,
  run: () => Promise<string>,
): Promise<Check> {
  if (!problem) return await attempt(name, run);
  const wrong = isOfEnvFile(problem) ? "the file .env has" : "its settings have";
  return { name, ok: false, message: `not tried, as ${wrong} a problem` };
}

async function attempt(name: string, run: () => Promise<string>): Promise<Check> {
  try {
    return { name, ok: true, message: await run() };
  } catch (error) {
    return { name, ok: false, message: error instanceof Error ? error.message : String(error) };
  }
}

function settingLines(settings: readonly EffectiveSetting[]): string[] {
  const shown = settings.map(({ name, value, source }) =>
    [`${name}=${value ?? ""}`, value === undefined ? "not set" : source] as const
  );
  const width = Math.min(MOST_WIDTH, Math.max(...shown.map(([text]) => text.length)));
  return shown.map(([text, source]) => `${text.padEnd(width)}  ${source}`);
}

function checkLine({ name, message }: Check): string {
  return `${name}: ${message}`;
}
