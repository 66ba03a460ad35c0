/**
 * Fills a queue with events of 300 bytes, confirmed; with `timed` it prints how fast.
 *
 *   deno run -A scripts/bench/fill.ts URL QUEUE TYPE COUNT [timed]
 */
import { Buffer } from "node:buffer";
import amqplib from "amqplib";
import { eventText } from "./events.ts";
import { type Mark, mark } from "./marks.ts";

const [url = "", queue = "", type = "classic", count = "0", timed = ""] = Deno.args;
const WINDOW = 2000;

const connection = await amqplib.connect(url, { noDelay: true });
const channel = await connection.createConfirmChannel();
const args = type === "quorum" ? { "x-queue-type": "quorum" } : {};
await channel.assertQueue(queue, { durable: true, arguments: args });
const from = mark(0);
for (let i = 0; i < Number(count); i++) {
  const now = Date.now();
  channel.sendToQueue(queue, Buffer.from(eventText(i)), {
    persistent: true,
    contentType: "application/json",
    messageId: crypto.randomUUID(),
    timestamp: Math.floor(now / 1000),
    headers: { timestamp_in_ms: now },
  });
  if (i % WINDOW === WINDOW - 1) await channel.waitForConfirms();
}
await channel.waitForConfirms();
if (timed !== "") printRate(mark(Number(count)));
await connection.close();

function printRate(to: Mark): void {
  const rate = to.count / ((to.at - from.at) / 1000);
  const cpu = (to.cpuMicros - from.cpuMicros) / to.count;
  console.log(
    `rabbitmq publish ${rate.toFixed(0).padStart(7)} events/s ` +
      `${cpu.toFixed(1).padStart(6)} µs CPU/event`,
  );
}
