/** A worker that does nothing but count, for the benchmark. */
import { defineWorker } from "process-queue/worker";
import { z } from "zod";
import { Marker } from "../marks.ts";

const marker = new Marker(Deno.env.get("BENCH_MARKS") ?? "");

export default defineWorker({
  queue: "bench",
  isTestQueue: true,
  event: z.object({
    user_profile_id: z.int(),
    client_id: z.int(),
    query: z.string(),
    time: z.int(),
  }),
  async consume() {
    await undefined;
    marker.next();
  },
});
