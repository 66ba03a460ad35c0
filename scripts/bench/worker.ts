/**
 * Workers of the benchmark. The benchmark of another checkout runs them too, so their names and
 * what they print stay as they are.
 *
 * @module
 */

import { setTimeout as delay } from "node:timers/promises";
import { defineWorker, type Worker } from "process-queue/worker";
import { z } from "zod";
import { Latencies } from "./latencies.ts";
import { Marker } from "./marks.ts";

const event = z.object({
  user_profile_id: z.int(),
  client_id: z.int(),
  query: z.string(),
  time: z.int(),
});

/** A worker that only counts its events; {@linkcode Marker} prints some of them. */
export function counting(queue: string): Worker {
  const marker = new Marker(Deno.env.get("BENCH_MARKS") ?? "");
  return defineWorker({
    queue,
    event,
    consume() {
      marker.next();
    },
  });
}

/** A worker whose events take 1 ms each, without CPU, as those that wait for a database do. */
export function waiting(queue: string): Worker {
  return defineWorker({
    queue,
    event,
    async consume() {
      await delay(1);
    },
  });
}

/** A worker that prints how long its events took to arrive. */
export function timing(queue: string): Worker {
  const latencies = new Latencies();
  return defineWorker({
    queue,
    event: z.object({ sent: z.number() }),
    async consume({ sent }) {
      await undefined;
      latencies.add(sent);
    },
  });
}
