/**
 * Publishes 200 events a second; each holds the time at which it was sent.
 *
 *   deno run -A scripts/bench/trickle.ts URL QUEUE
 */
import { Buffer } from "node:buffer";
import amqplib from "amqplib";
import { MEASURED, UNMEASURED, wallClock } from "./latencies.ts";

const [url = "", queue = ""] = Deno.args;
const EVERY_MS = 5;

const connection = await amqplib.connect(url, { noDelay: true });
const channel = await connection.createConfirmChannel();
const begin = performance.now();
for (let i = 0; i < UNMEASURED + MEASURED; i++) {
  const wait = begin + i * EVERY_MS - performance.now();
  if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
  channel.sendToQueue(queue, Buffer.from(JSON.stringify({ sent: wallClock() })), {
    persistent: true,
    messageId: crypto.randomUUID(),
  });
}
await channel.waitForConfirms();
await connection.close();
