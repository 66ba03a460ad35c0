/**
 * Fills a queue with events, of 300 bytes by default, confirmed; with `timed` it prints how fast.
 *
 *   deno run -A scripts/bench/fill.ts URL QUEUE TYPE COUNT [BYTES] [timed]
 */
import { Buffer } from "node:buffer";
import amqplib from "amqplib";
import { EVENT_BYTES, eventText } from "./events.ts";
import { type Mark, mark } from "./marks.ts";

const [url = "", queue = "", type = "classic", count = "0", ...options] = Deno.args;
const bytes = Number(options.find((option) => option !== "timed") ?? EVENT_BYTES);
/** Events that wait for their confirmation, at most 20 MB. */
const WINDOW = Math.max(1, Math.min(2000, Math.floor(20e6 / bytes)));

const connection = await amqplib.connect(url, { noDelay: true });
const channel = await connection.createConfirmChannel();
const args = type === "quorum" ? { "x-queue-type": "quorum" } : {};
await channel.assertQueue(queue, { durable: true, arguments: args });
const from = mark(0);
for (let i = 0; i < Number(count); i++) {
  const now = Date.now();
  channel.sendToQueue(queue, Buffer.from(eventText(i, bytes)), {
    persistent: true,
    contentType: "application/json",
    messageId: crypto.randomUUID(),
    timestamp: Math.floor(now / 1000),
    headers: { timestamp_in_ms: now },
  });
  if (i % WINDOW === WINDOW - 1) await channel.waitForConfirms();
}
await channel.waitForConfirms();
if (options.includes("timed")) printRate(mark(Number(count)));
await connection.close();

function printRate(to: Mark): void {
  const rate = to.count / ((to.at - from.at) / 1000);
  const cpu = (to.cpuMicros - from.cpuMicros) / to.count;
  console.log(
    `rabbitmq publish ${rate.toFixed(0).padStart(7)} events/s ` +
      `${cpu.toFixed(1).padStart(6)} µs CPU/event`,
  );
}
