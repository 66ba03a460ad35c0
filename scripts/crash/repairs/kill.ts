/**
 * Repairs that are killed at random while further events fail.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { join } from "node:path";
import type { Broker } from "../../../lib/engine/broker/broker.ts";
import { readSavedLine } from "../../../lib/operations/failed/saved_file.ts";
import type { Random } from "../random.ts";
import { sleep } from "../handler.ts";
import type { RepairEvidence } from "./verdict.ts";

/** What is killed, and how often. */
export interface KillOptions {
  readonly broker: Broker;
  /** A queue of the run's own. It and its dead letters exist, and are empty. */
  readonly queue: string;
  /** Runs a command of the program; its `STATE_DIR` is `stateDir`. */
  readonly start: (args: readonly string[]) => RunningCommand;
  /** A folder. */
  readonly stateDir: string;
  readonly kills: number;
  /** How many dead letters there are at first. */
  readonly letters: number;
  readonly random: Random;
  readonly say?: (line: string) => void;
}

/** A command that runs. */
export interface RunningCommand {
  kill(): void;
  /** Resolves when it has ended. */
  readonly ended: Promise<{ readonly code: number }>;
}

/** Between two events that fail, in ms. */
const FAILURE_EVERY_MS = 20;
/** How often to look how far a command has come, in ms. */
const LOOK_MS = 5;
/** After this time a command is killed although it has moved nothing, in ms. */
const LONGEST_MS = 20_000;
const RATE = 300;
/** How many events are published before the first is confirmed; the broker keeps their order. */
const TOGETHER = 100;

/** Kills repairs, lets the last one end, and says where each dead letter is. */
export async function killRepairs(options: KillOptions): Promise<RepairEvidence> {
  const { broker, queue, kills, letters, say = () => {} } = options;
  const failures = new Failures(broker, `${queue}.failed`);
  await failures.add(letters);
  failures.goOn();
  let killed = 0;
  for (let turn = 0; killed < kills; turn++) {
    const action = turn % 3 === 2 ? "drop" : "retry";
    const isKilled = await killOne(options, action);
    if (isKilled) killed++;
    else await failures.add(letters);
    say(`${action}: ${isKilled ? `killed, ${killed} of ${kills}` : "ended before it was killed"}`);
  }
  await failures.stop();
  await options.start(repairArgs(queue, "retry")).ended;
  return {
    meant: failures.numbers.filter((number) => !isOther(number)),
    others: failures.numbers.filter(isOther),
    putBack: await numbersIn(broker, queue),
    left: await numbersIn(broker, `${queue}.failed`),
    saved: await savedNumbers(join(options.stateDir, "dropped")),
    kills: killed,
  };
}

/** Every third event has another reason, and no repair means it. */
function isOther(number: number): boolean {
  return number % 3 === 0;
}

function repairArgs(queue: string, action: "retry" | "drop", rate?: number): string[] {
  const pace = rate === undefined ? [] : ["--rate", String(rate)];
  return ["failed", action, queue, "--reason", "error", "--yes", ...pace];
}

/** Runs a repair and kills it after a random time, or once it has moved a random number of events. */
async function killOne(
  { broker, queue, start, random }: KillOptions,
  action: "retry" | "drop",
): Promise<boolean> {
  const before = await readyIn(broker, queue);
  const isTimed = action === "drop" || random.next() < 0.4;
  const ms = isTimed ? random.between(300, 4000) : LONGEST_MS;
  const moved = isTimed ? Infinity : 1 + random.below(400);
  const command = start(repairArgs(queue, action, RATE));
  let hasEnded = false;
  void command.ended.then(() => hasEnded = true);
  const end = performance.now() + ms;
  while (!hasEnded && performance.now() < end) {
    if (await readyIn(broker, queue) - before >= moved) break;
    await sleep(LOOK_MS);
  }
  const isKilled = !hasEnded;
  if (isKilled) command.kill();
  const { code } = await command.ended;
  if (!isKilled && code !== 0) throw new Error(`failed ${action} ended with ${code}`);
  return isKilled;
}

async function readyIn(broker: Broker, queue: string): Promise<number> {
  return (await broker.depth(queue))?.ready ?? 0;
}

/** Events that fail, one after another. */
class Failures {
  readonly numbers: number[] = [];
  readonly #broker: Broker;
  readonly #failed: string;
  #isOver = false;
  #going: Promise<void> = Promise.resolve();

  constructor(broker: Broker, failed: string) {
    this.#broker = broker;
    this.#failed = failed;
  }

  /** Adds some at once. */
  async add(count: number): Promise<void> {
    for (let left = count; left > 0; left -= TOGETHER) {
      const together = Math.min(TOGETHER, left);
      await Promise.all(Array.from({ length: together }, () => this.#addOne()));
    }
  }

  /** Adds one after another until `stop`. */
  goOn(): void {
    this.#going = this.#run();
  }

  async stop(): Promise<void> {
    this.#isOver = true;
    await this.#going;
  }

  async #run(): Promise<void> {
    while (!this.#isOver) {
      await this.#addOne();
      await sleep(FAILURE_EVERY_MS);
    }
  }

  async #addOne(): Promise<void> {
    // Noted before the wait, as `add` may run beside `goOn`.
    const number = this.numbers.length + 1;
    this.numbers.push(number);
    await this.#broker.publish(this.#failed, String(number), {
      messageId: `event-${number}`,
      headers: {
        "x-pq-reason": isOther(number) ? "invalid" : "error",
        "x-pq-failed-at": new Date().toISOString(),
      },
    });
  }
}

/** The numbers in a queue, in order. All are looked at at once, so that the order stays. */
async function numbersIn(broker: Broker, queue: string): Promise<number[]> {
  const numbers: number[] = [];
  const { failure } = await broker.sift(queue, ({ body }) => {
    numbers.push(Number(Buffer.from(body).toString()));
    return "keep";
  });
  if (failure !== undefined) throw failure;
  return numbers;
}

/** The numbers of all saved files. A line that a kill has cut short is of an event that has stayed. */
async function savedNumbers(folder: string): Promise<number[]> {
  const numbers: number[] = [];
  const files = await Array.fromAsync(Deno.readDir(folder)).catch(() => []);
  for (const { name } of files) {
    const lines = (await Deno.readTextFile(join(folder, name))).split("\n");
    for (const line of lines.slice(0, -1)) {
      numbers.push(Number(Buffer.from(readSavedLine(line).body).toString()));
    }
  }
  return numbers;
}
