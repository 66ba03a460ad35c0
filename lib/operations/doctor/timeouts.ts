/**
 * What is found about runs for which RabbitMQ does not wait: it closes a channel with an event that is
 * not acknowledged in time.
 *
 * @module
 */

import { enumeration } from "../../errors/alternatives.ts";
import { grouped } from "../../command_line/terminal/humanize.ts";
import { type Found, warning } from "./finding.ts";

/** How long events of a queue may be unacknowledged. */
export interface HoldFacts {
  readonly queue: string;
  /** How long an event may wait here until it runs, in seconds; then it is released. */
  readonly waitSeconds: number;
  /** How long it may run, in seconds; `null`: without limit. */
  readonly runSeconds: number | null;
  /** The setting of that. */
  readonly setting: string;
  /** How long RabbitMQ waits, in seconds. */
  readonly timeoutSeconds: number;
  /** Whether the queue itself says so, and not RabbitMQ's default. */
  readonly isOfQueue: boolean;
}

/** Between two looks of RabbitMQ's at what is not acknowledged. */
const LOOK_SECONDS = 60;

/**
 * Judges runs by how long one event may be here. How many there are does not matter: those that wait
 * are released in time.
 */
export function timeoutsFound(facts: readonly HoldFacts[]): Found[] {
  return [
    // Where the queue says for how long, somebody has thought of it.
    ...limitless(facts.filter(({ runSeconds, isOfQueue }) => runSeconds === null && !isOfQueue)),
    ...facts.flatMap((one) => one.runSeconds === null ? [] : tooLong(one, one.runSeconds)),
  ];
}

function tooLong(facts: HoldFacts, runSeconds: number): Found[] {
  const { queue, waitSeconds, setting, timeoutSeconds, isOfQueue } = facts;
  const held = waitSeconds + runSeconds;
  if (held <= timeoutSeconds) return [];
  const message =
    `an event may wait here for ${waitSeconds} s and run for ${grouped(runSeconds)} s, ` +
    `and RabbitMQ takes it back after ${grouped(timeoutSeconds)} s, ${why(isOfQueue)}`;
  const ms = (held + LOOK_SECONDS) * 1000;
  const raise = isOfQueue ? `raise its consumer timeout to ${ms} ms` : raised(ms);
  return [warning(message, { queue, fix: `${raise}, or set ${setting} lower` })];
}

/** One finding for all of them, as some of Zulip's own workers have no limit. */
function limitless(facts: readonly HoldFacts[]): Found[] {
  const [first] = facts;
  if (!first) return [];
  const seconds = Math.min(...facts.map(({ timeoutSeconds }) => timeoutSeconds));
  const message =
    `runs of ${enumeration(facts.map(({ queue }) => queue))} have no limit of time, ` +
    `and RabbitMQ takes an event back after ${grouped(seconds)} s, ${why(false)}`;
  const settings = enumeration(facts.map(({ setting }) => setting));
  const fix = "set consumer_timeout in rabbitmq.conf to more ms than their longest run, or set " +
    settings;
  return [warning(message, { fix })];
}

function why(isOfQueue: boolean): string {
  return isOfQueue
    ? "as an argument or a policy of the queue says"
    : "unless its consumer_timeout says otherwise";
}

function raised(ms: number): string {
  return `have consumer_timeout = ${ms} in rabbitmq.conf`;
}
