/**
 * Publishes the lines of standard input, each an event, with at most 1,000 that are not confirmed:
 * with bare amqplib, which checks nothing, or with `process-queue/client`.
 *
 *   deno run -A scripts/bench/publish_lines.ts bare|client URL QUEUE
 */
import { Buffer } from "node:buffer";
import process from "node:process";
import { createInterface } from "node:readline";
import amqplib from "amqplib";
import { connect } from "process-queue/client";

const [kind = "", url = "", queue = ""] = Deno.args;
const WINDOW = 1000;
/** Made when it is read at once: it drops lines that nobody waits for. */
const lines = () => createInterface({ input: process.stdin });

if (kind === "bare") await publishBare();
else await publishByClient();
Deno.exit(0);

async function publishBare(): Promise<void> {
  const connection = await amqplib.connect(url, { noDelay: true });
  const channel = await connection.createConfirmChannel();
  await channel.assertQueue(queue, { durable: true });
  let outstanding = 0;
  let wake = () => {};
  const onConfirm = (error: unknown) => {
    if (error) throw error;
    outstanding--;
    wake();
  };
  for await (const line of lines()) {
    while (outstanding >= WINDOW) await new Promise<void>((resolve) => wake = resolve);
    outstanding++;
    const now = Date.now();
    channel.publish("", queue, Buffer.from(line), {
      persistent: true,
      mandatory: true,
      contentType: "application/json",
      messageId: crypto.randomUUID(),
      timestamp: Math.floor(now / 1000),
      headers: { timestamp_in_ms: now },
    }, onConfirm);
  }
  await channel.waitForConfirms();
  await connection.close();
}

async function publishByClient(): Promise<void> {
  await using client = await connect(url, { window: WINDOW, declare: true });
  await client.publishAll(queue, events());
}

async function* events(): AsyncGenerator<unknown> {
  for await (const line of lines()) yield JSON.parse(line);
}
