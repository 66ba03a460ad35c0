/**
 * Fills a queue with events, of 300 bytes by default, confirmed.
 *
 *   deno run -A scripts/bench/fill.ts URL QUEUE TYPE COUNT [BYTES]
 */
import { Buffer } from "node:buffer";
import amqplib from "amqplib";
import { EVENT_BYTES, eventText } from "./events.ts";

const [url = "", queue = "", type = "classic", count = "0", size] = Deno.args;
const bytes = Number(size ?? EVENT_BYTES);
/** Events that wait for their confirmation, at most 20 MB. */
const WINDOW = Math.max(1, Math.min(2000, Math.floor(20e6 / bytes)));

const connection = await amqplib.connect(url, { noDelay: true });
const channel = await connection.createConfirmChannel();
const args = type === "quorum" ? { "x-queue-type": "quorum" } : {};
await channel.assertQueue(queue, { durable: true, arguments: args });
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
await connection.close();
