/**
 * The least that a consumer with amqplib can do: count, and acknowledge every 100th with all
 * before it. Nothing is decoded.
 *
 *   deno run -A scripts/bench/bare.ts URL QUEUE PREFETCH
 */
import amqplib from "amqplib";
import { Marker } from "./marks.ts";

const [url = "", queue = "", prefetch = ""] = Deno.args;
const marker = new Marker(Deno.env.get("BENCH_MARKS") ?? "");
const connection = await amqplib.connect(url, { noDelay: true });
const channel = await connection.createChannel();
await channel.prefetch(Number(prefetch));
await channel.consume(queue, (message) => {
  if (message && marker.next() % 100 === 0) channel.ack(message, true);
});
