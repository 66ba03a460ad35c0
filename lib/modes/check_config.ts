/**
 * `process-queue check-config`: prints the settings in effect, and checks what they lead to.
 *
 * @module
 */

import type { CheckConfigCommand } from "../command_line/command.ts";
import { splitAddresses } from "../config/broker_addresses.ts";
import { isOfBrokerUrl } from "../config/broker_url.ts";
import type { Config } from "../config/config.ts";
import { queueKey } from "../config/queue_key.ts";
import { queueNameProblems } from "../config/queues.ts";
import { isOfEnvFile } from "../config/environment.ts";
import type { EffectiveSetting } from "../config/reader.ts";
import { type Problem, sentence } from "../config/problem.ts";
import { type Broker, BrokerError } from "../engine/broker/broker.ts";
import { alternatives } from "../errors/alternatives.ts";
import { checkQueues, type QueueCheck, queueLines } from "./check_queues.ts";
import { foreignFiles } from "./owners.ts";
import { workersProblem, writableProblem } from "./folders.ts";
import type { KnownQueue, Services } from "./services.ts";

/** The result of one check. */
export interface Check {
  /** `settings`, `workers`, `state`, `statistics`, `errors`, `queues`, `broker` or `database`. */
  readonly name: string;
  readonly ok: boolean;
  /** The result in words, or the problem. */
  readonly message: string;
}

/** The widest column of settings, so that a source beside it ends within 80 columns. */
const MOST_WIDTH = 66;
const CHOWN = "change their owner by chown, or run this as their owner";

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
    await tryUnless(
      problems.find((each) => isOfEnvFile(each) || isOfBrokerUrl(each)),
      "broker",
      () => tryBroker(config, known, services),
    ),
    await tryUnless(
      problems.find((each) => isOfEnvFile(each) || each.setting === "DATABASE_URL"),
      "database",
      () => tryDatabase(config, services),
    ),
  ];
  const lines = command.json
    ? [JSON.stringify({ settings, queues, checks })]
    : [...settingLines(settings), "", ...checks.map(checkLine)];
  for (const line of lines) services.print(line);
  return checks.every(({ ok }) => ok) ? 0 : 1;
}

function queuesCheck(queues: readonly QueueCheck[]): Check {
  return { name: "queues", ok: queues.every(({ ok }) => ok), message: queueLines(queues) };
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
  const { stateDir, statsDir, errorDir } = config;
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
  const problems = [...config.problems, ...names];
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

async function tryBroker(
  config: Config,
  known: readonly KnownQueue[],
  services: Services,
): Promise<string> {
  if (!config.usingRabbitmq) return "not used (USING_RABBITMQ is false)";
  const once = { ...config, broker: { ...config.broker, waitSeconds: 0 } };
  const { url } = config.broker;
  if (url === undefined) {
    const unfinished = await services.checkEmbedded(config);
    return `ok (embedded, in ${[config.stateDir, unfinished].filter(Boolean).join("; ")})`;
  }
  await using broker = await services.openBroker(once, "process-queue check-config");
  const more = [...await doubts(broker, known), ...await untried(broker)];
  return [`ok (${addressOf(url)})`, ...more].join("\n");
}

/** Whether publishing could not be tried. @throws {BrokerError} When it was, and failed. */
async function untried(broker: Broker): Promise<string[]> {
  try {
    await broker.tryPublishing?.();
    return [];
  } catch (error) {
    if (!(error instanceof BrokerError) || error.kind !== "permission") throw error;
    return ["publishing could not be tried, as this user may make no queue of another name"];
  }
}

/** What may lose events of the queues that exist. @throws {Error} When one cannot be consumed. */
async function doubts(broker: Broker, known: readonly KnownQueue[]): Promise<string[]> {
  const found = await Promise.all(known.map(({ name }) => broker.doubtsAbout?.(name) ?? []));
  const messages = found.flat().map(({ message }) => message);
  if (found.flat().some(({ isRefused }) => isRefused)) throw new Error(messages.join("\n"));
  return messages;
}

async function tryDatabase(config: Config, services: Services): Promise<string> {
  await services.tryDatabase(config);
  return "ok";
}

/** Hosts and ports, and the virtual host. */
function addressOf(text: string): string {
  const urls = splitAddresses(text).map((address) => new URL(address));
  const vhost = decodeURIComponent(urls[0]?.pathname.slice(1) ?? "") || "/";
  return `RabbitMQ at ${alternatives(urls.map(hostAndPort))}, virtual host ${vhost}`;
}

function hostAndPort({ hostname, port, protocol }: URL): string {
  return `${hostname}:${port || (protocol === "amqps:" ? "5671" : "5672")}`;
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
