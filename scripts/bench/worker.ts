/**
 * Workers that do nothing but count, for the benchmark.
 *
 * @module
 */

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

/** A worker that does nothing, as `noop`, and prints its marks: see {@linkcode Marker}. */
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

/** A worker that prints how long its events took to come. */
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
