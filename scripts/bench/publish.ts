/**
 * The speed of the program's own `publish` command on RabbitMQ. The time includes its start and its
 * end.
 *
 * @module
 */

import { join } from "node:path";
import { eventText } from "./events.ts";
import { endedChildrenCpuMicros } from "./marks.ts";
import { deleteQueues, makeWorkers, settings } from "./program.ts";
import type { Rate } from "./ratios.ts";

const QUEUE = "bench0";

/** Publishes `events` events with the program of a checkout. */
export async function publish(url: string, events: number, checkout: string): Promise<Rate> {
  const dir = await makeWorkers([QUEUE], "counting", checkout);
  try {
    const file = join(dir, "events");
    await Deno.writeTextFile(
      file,
      Array.from({ length: events }, (_, i) => eventText(i)).join("\n"),
    );
    const [startedAt, cpuBefore] = [performance.now(), endedChildrenCpuMicros()];
    await publishFile(file, checkout, settings(url, dir));
    return {
      perSecond: events / ((performance.now() - startedAt) / 1000),
      cpuMicros: (endedChildrenCpuMicros() - cpuBefore) / events,
    };
  } finally {
    await Deno.remove(dir, { recursive: true });
    await deleteQueues(url, [QUEUE]);
  }
}

async function publishFile(
  file: string,
  checkout: string,
  env: Record<string, string>,
): Promise<void> {
  const script = 'exec "$@" <"$0"';
  const { success, stderr } = await new Deno.Command("/bin/sh", {
    args: ["-c", script, file, Deno.execPath(), "run", "-A", "main.ts", "publish", QUEUE],
    cwd: checkout,
    env,
    stdout: "null",
    stderr: "piped",
  }).output();
  if (success) return;
  throw new Error(`publish failed in ${checkout}: ${new TextDecoder().decode(stderr).trim()}`);
}
