/**
 * The memory that a million events leave behind: none.
 *
 * @module
 */

import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import type { Measurement } from "../../../fixtures/rabbitmq/drain.ts";
import { queueTest } from "../../../fixtures/rabbitmq/queue_fixture.ts";

const MB = 1024 * 1024;
const FEW = 100_000;
const MANY = 1_000_000;
const MOST_GROWTH_MB = 10;

queueTest(
  "the heap is as large after a million events as after a hundred thousand",
  async (fixture) => {
    const { server, queue } = fixture;
    await fixture.client.channel.assertQueue(queue);
    const [output] = await Promise.all([
      run("drain.ts", ["--v8-flags=--expose-gc"], [server.url, queue, String(FEW), String(MANY)]),
      run("publish_many.ts", [], [server.url, queue, String(MANY)]),
    ]);
    const measurements = output.trim().split("\n").map((line): Measurement => JSON.parse(line));
    for (const { events, heapUsed, rss } of measurements) {
      console.log(`    after ${events} events: heap ${inMb(heapUsed)} MB, RSS ${inMb(rss)} MB`);
    }
    const [few, many] = measurements;
    assert.ok(few && many, output);
    const growth = (many.heapUsed - few.heapUsed) / MB;
    assert.ok(Math.abs(growth) < MOST_GROWTH_MB, `the heap grew by ${growth.toFixed(1)} MB`);
  },
);

function inMb(bytes: number): string {
  return (bytes / MB).toFixed(1);
}

async function run(fixture: string, flags: string[], args: string[]): Promise<string> {
  const file = fileURLToPath(new URL(`../../../fixtures/rabbitmq/${fixture}`, import.meta.url));
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", ...flags, file, ...args],
  }).output();
  const text = new TextDecoder();
  assert.ok(success, `${fixture} failed: ${text.decode(stderr)}`);
  return text.decode(stdout);
}
