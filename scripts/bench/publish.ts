/**
 * The speed of the program's own `publish` command on RabbitMQ. The time includes its start and its
 * end.
 *
 * @module
 */

import { join } from "node:path";
import { eventText } from "./events.ts";
import { endedChildrenCpuMicros } from "./marks.ts";
import { deleteQueues, makeWorkers, ROOT, settings } from "./program.ts";
import { median, type Rate } from "./ratios.ts";

const QUEUE = "bench0";

/** What publishes the lines of a file. */
type Publisher = "bare" | "command" | "client";
const PUBLISHERS: readonly Publisher[] = ["bare", "command", "client"];

/**
 * Measures the command and the client beside bare amqplib, in turns, and prints medians; each is a
 * process of its own, and its time includes its start and its end.
 */
export async function publishing(url: string, rounds: number, events: number): Promise<void> {
  const rates = new Map<Publisher, Rate[]>(PUBLISHERS.map((name) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    const order = round % 2 === 0 ? PUBLISHERS : PUBLISHERS.toReversed();
    for (const name of order) rates.get(name)?.push(await publish(url, events, ROOT, name));
  }
  const middle = (name: Publisher, figure: keyof Rate) =>
    median(rates.get(name)?.map((rate) => rate[figure]) ?? []);
  for (const name of PUBLISHERS) {
    const perSecond = middle(name, "perSecond");
    const cpuMicros = middle(name, "cpuMicros");
    console.log(
      `publish ${name}`.padEnd(26),
      `${perSecond.toFixed(0).padStart(7)} events/s`,
      `${cpuMicros.toFixed(1).padStart(6)} µs CPU/event`,
      `  rate ${(perSecond / middle("bare", "perSecond")).toFixed(2)} of bare, CPU`,
      (cpuMicros / middle("bare", "cpuMicros")).toFixed(2),
    );
  }
}

/** Publishes `events` events with the program of a checkout, or beside it. */
export async function publish(
  url: string,
  events: number,
  checkout: string,
  publisher: Publisher = "command",
): Promise<Rate> {
  const dir = await makeWorkers([QUEUE], "counting", checkout);
  try {
    const file = join(dir, "events");
    await Deno.writeTextFile(
      file,
      Array.from({ length: events }, (_, i) => eventText(i)).join("\n"),
    );
    const [startedAt, cpuBefore] = [performance.now(), endedChildrenCpuMicros()];
    const args = argumentsOf(publisher, url);
    await publishFile(file, args, checkout, settings(url, dir));
    return {
      perSecond: events / ((performance.now() - startedAt) / 1000),
      cpuMicros: (endedChildrenCpuMicros() - cpuBefore) / events,
    };
  } finally {
    await Deno.remove(dir, { recursive: true });
    await deleteQueues(url, [QUEUE]);
  }
}

function argumentsOf(publisher: Publisher, url: string): string[] {
  if (publisher === "command") return ["main.ts", "publish", QUEUE];
  return [join(ROOT, "scripts", "bench", "publish_lines.ts"), publisher, url, QUEUE];
}

async function publishFile(
  file: string,
  args: readonly string[],
  checkout: string,
  env: Record<string, string>,
): Promise<void> {
  const script = 'exec "$@" <"$0"';
  const { success, stderr } = await new Deno.Command("/bin/sh", {
    args: ["-c", script, file, Deno.execPath(), "run", "-A", ...args],
    cwd: checkout,
    env,
    stdout: "null",
    stderr: "piped",
  }).output();
  if (success) return;
  throw new Error(`publish failed in ${checkout}: ${new TextDecoder().decode(stderr).trim()}`);
}
