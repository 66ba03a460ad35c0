/**
 * The least that a consumer with amqplib can do: it counts events, decodes none, and acknowledges
 * 100 at once. With BENCH_LATENCY it acknowledges each event and reads when it was sent. After COUNT
 * events it ends.
 *
 *   deno run -A scripts/bench/bare.ts URL QUEUE PREFETCH [COUNT]
 */
import amqplib from "amqplib";
import { Latencies } from "./latencies.ts";
import { Marker } from "./marks.ts";

const [url = "", queue = "", prefetch = "", count = "Infinity"] = Deno.args;
const marker = new Marker(Deno.env.get("BENCH_MARKS") ?? "");
const latencies = new Latencies();
const isLatency = Deno.env.get("BENCH_LATENCY") !== undefined;
const connection = await amqplib.connect(url, { noDelay: true });
const channel = await connection.createChannel();
await channel.prefetch(Number(prefetch));
await channel.consume(queue, (message) => {
  if (!message) return;
  if (isLatency) {
    latencies.add(JSON.parse(message.content.toString()).sent);
    channel.ack(message);
    return;
  }
  const counted = marker.next();
  const isLast = counted === Number(count);
  if (counted % 100 === 0 || isLast) channel.ack(message, true);
  if (isLast) void end();
});

async function end(): Promise<void> {
  await channel.close();
  await connection.close();
}
