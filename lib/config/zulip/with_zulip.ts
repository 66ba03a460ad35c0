/**
 * The environment over a Zulip server's configuration.
 *
 * @module
 */

import { type Environment, FILE_PROBLEMS, FROM_ZULIP, WARNINGS } from "../environment.ts";
import type { Problem } from "../problem.ts";
import { SETTINGS } from "../settings.ts";
import { type Computed, readZulip, type ZulipSettings } from "./zulip.ts";

/** The settings that `settings.py` may set: all but those with a queue's name in theirs. */
const NAMES: readonly string[] = SETTINGS.map(({ name }) => name).filter((name) =>
  !name.includes("<")
);

/** Without these the program would use another broker or database than the server. */
const NEEDED = /^(DATABASE_URL|RABBITMQ_.*)$/;

/**
 * Reads a Zulip server's configuration below the environment.
 *
 * @param folder Where its files are.
 * @throws {ConfigError} When one cannot be read.
 */
export function withZulip(environment: Environment, folder: string): Environment {
  return overZulip(environment, readZulip(folder, NAMES));
}

/**
 * Puts an environment over the settings of a Zulip server. Where the environment says with `AMQP_URL`
 * where RabbitMQ is, the server's own is left out.
 */
export function overZulip(environment: Environment, zulip: ZulipSettings): Environment {
  const isSet = (name: string) =>
    environment[name] !== undefined ||
    (name.startsWith("RABBITMQ_") && environment.AMQP_URL !== undefined);
  const values = [...zulip.values].filter(([name]) => !isSet(name));
  const unknown = [...zulip.unknown].filter(([name]) => !isSet(name));
  const [needed, others] = [true, false].map((isNeeded) =>
    unknown.filter(([name]) => NEEDED.test(name) === isNeeded)
  );
  return {
    ...Object.fromEntries(values.map(([name, { text }]) => [name, text])),
    ...environment,
    [FROM_ZULIP]: new Map(values.map(([name, { source }]) => [name, source])),
    [FILE_PROBLEMS]: [
      ...environment[FILE_PROBLEMS] ?? [],
      ...zulip.problems,
      ...(needed ?? []).map(([setting, what]) => computed(setting, what)),
    ],
    [WARNINGS]: [
      ...environment[WARNINGS] ?? [],
      ...zulip.warnings,
      ...(others ?? []).map(([setting, what]) => warningOf(computed(setting, what))),
    ],
  };
}

function computed(setting: string, { name, place }: Computed): Problem {
  return {
    setting: place,
    wrong: `it computes ${name}, and only plain values are read`,
    fix: `set the variable ${setting} in the environment`,
  };
}

function warningOf({ setting, wrong, fix }: Problem): string {
  return `${setting}: ${wrong}; ${fix}`;
}
