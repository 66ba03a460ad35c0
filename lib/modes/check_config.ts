/**
 * `process-queue check-config`: prints the settings in effect, and checks what they lead to.
 *
 * @module
 */

import type { CheckConfigCommand } from "../command_line/command.ts";
import type { Config } from "../config/config.ts";
import { queueKey } from "../config/queue_key.ts";
import type { EffectiveSetting } from "../config/reader.ts";
import type { FindingArea } from "../operations/doctor/finding.ts";
import { queueLines } from "./check_queues.ts";
import { requiredLines } from "./check_required.ts";
import { checkText } from "./doctor/check_text.ts";
import { type CheckResult, CHECKS, type CheckScene, runChecks, sceneOf } from "./doctor/checks.ts";
import type { KnownQueue, Services } from "./services.ts";

/** The result of one check, in the words of its JSON. */
export interface Check {
  readonly name: FindingArea;
  readonly ok: boolean;
  /** The result in words, or the problem. */
  readonly message: string;
}

/** The widest column of settings, so that a source beside it ends within 80 columns. */
const MOST_WIDTH = 66;
/** How long processes may take to answer, in seconds. */
const TIMEOUT_SECONDS = 10;

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
  const scene = await sceneOf(config, services, TIMEOUT_SECONDS);
  const { queues, known } = scene;
  const settings = config.effective.filter(isOurs(config, known));
  const checks = (await runChecks(CHECKS, scene)).map((result) => checkOf(result, scene));
  const lines = command.json ? [JSON.stringify({ settings, queues, checks })] : [
    ...settingLines(settings),
    ...requiredLines(queues, settings, settingLines),
    "",
    ...checks.map(checkLine),
  ];
  for (const line of lines) services.print(line);
  return checks.every(({ ok }) => ok) ? 0 : 1;
}

function checkOf({ area, found }: CheckResult, { queues }: CheckScene): Check {
  const ok = found.every(({ level }) => level !== "error");
  return { name: area, ok, message: area === "queues" ? queueLines(queues) : checkText(found) };
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
