/**
 * The service of webhooks that the benchmark calls: it answers each after a while.
 *
 *   deno run -A scripts/bench/slow_hooks.ts PORT LATENCY_MS
 *
 * `GET /times` tells when each call came, in ms since 1970.
 */

const [port = "", latency = ""] = Deno.args;
const times: number[] = [];

Deno.serve({ hostname: "127.0.0.1", port: Number(port), onListen() {} }, async (request) => {
  if (request.method === "GET") return Response.json(times);
  times.push(performance.timeOrigin + performance.now());
  await request.body?.cancel();
  await new Promise((resolve) => setTimeout(resolve, Number(latency)));
  return Response.json({ content: "It **rains**." });
});
