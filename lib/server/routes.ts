/**
 * The routes of a process that runs queues, the same on both control doors.
 *
 * @module
 */

import { z } from "zod";
import { METRICS_TYPES, type MetricsFormat } from "../monitoring/metrics_text.ts";
import { isoTime, SCHEMA, withoutErrors } from "../monitoring/snapshot.ts";
import type { QueueReport } from "../operations/queue_report.ts";
import { HttpError, json } from "./http_error.ts";
import type { ProcessControl, ProcessRequest } from "./process_control.ts";
import { probeRoutes } from "./probes.ts";
import { type Call, includes, type Route } from "./router.ts";
import type { Streams } from "./stream.ts";

/** The longest pause, and the longest time of another log level, in seconds: 10 years. */
const MOST_SECONDS = 315_360_000;
/** For how long another log level holds where nobody says, in seconds. */
export const LOG_LEVEL_SECONDS = 900;

const by = z.string().min(1).max(200).optional();
const seconds = z.number().positive().max(MOST_SECONDS).optional();
const CHANGE = z.object({ by });
/** The body of a request for a pause. */
export const PAUSE = z.object({ by, reason: z.string().max(1000).optional(), seconds });
const LEVEL = z.object({ by, level: z.enum(["debug", "info", "warning", "error"]), seconds });

/** Makes the routes. */
export function processRoutes(control: ProcessControl, streams: Streams): Route[] {
  return [
    ...probeRoutes(control),
    get("/metrics", (call) => metrics(control, call)),
    get("/v1/snapshot", ({ caller }) => {
      const snapshot = control.snapshot();
      return json(includes(caller.right, "events") ? snapshot : withoutErrors(snapshot));
    }),
    get("/v1/queues", (call) => json({ ...stamp(), queues: shownQueues(control, call) })),
    get("/v1/queues/:queue", (call) => {
      const found = shownQueues(control, call).find(({ queue }) => queue === queueOf(call));
      if (found) return json({ ...stamp(), ...found });
      const message =
        `Nothing is known of ${queueOf(call)}: this process does not run it, or has ` +
        "not looked at the broker yet";
      throw new HttpError("not_found", message);
    }),
    get("/v1/stream", ({ caller }) => streams.open(includes(caller.right, "events"))),
    ...queueRoutes(control),
    change("/v1/log-level", async (call) => {
      const { level, seconds = LOG_LEVEL_SECONDS, by } = await call.body(LEVEL);
      control.setLogLevel(level, seconds, nameOf(call, by));
      return json({ level, seconds });
    }),
    ...(["quiet", "resume", "drain", "restart"] as const).map((what) =>
      processRoute(control, what)
    ),
  ];
}

function queueRoutes(control: ProcessControl): Route[] {
  return [
    change("/v1/queues/:queue/pause", async (call) => {
      const { by, reason, seconds } = await call.body(PAUSE);
      const request = { by: nameOf(call, by), reason, seconds };
      return json(await control.pause(queueOf(call), request));
    }),
    change("/v1/queues/:queue/resume", async (call) => {
      const { by } = await call.body(CHANGE);
      return json(await control.resume(queueOf(call), nameOf(call, by)));
    }),
    change("/v1/queues/:queue/restart", async (call) => {
      const { by } = await call.body(CHANGE);
      return json(await control.restart(queueOf(call), nameOf(call, by)));
    }),
  ];
}

function processRoute(control: ProcessControl, what: ProcessRequest): Route {
  return change(`/v1/${what}`, async (call) => {
    const { by } = await call.body(CHANGE);
    control.request(what, nameOf(call, by));
    return json({ requested: what });
  });
}

function get(path: string, handle: Route["handle"]): Route {
  return { method: "GET", path, right: "numbers", handle };
}

function change(path: string, handle: Route["handle"]): Route {
  return { method: "POST", path, right: "changes", handle };
}

function metrics(control: ProcessControl, { request }: Call): Response {
  const accepted = request.headers.get("Accept") ?? "";
  const format: MetricsFormat = accepted.includes("application/openmetrics-text")
    ? "openmetrics"
    : "prometheus";
  return new Response(control.metrics(format), {
    headers: { "Content-Type": METRICS_TYPES[format], "Vary": "Accept" },
  });
}

/** The queues; without texts for who may see numbers only, as they quote errors and people. */
function shownQueues(control: ProcessControl, { caller }: Call): readonly QueueReport[] {
  const all = control.queues();
  if (includes(caller.right, "events")) return all;
  return all.map((report) => ({ ...report, reason: "", advice: "" }));
}

function stamp() {
  return { schema: SCHEMA, at: isoTime(Date.now()) };
}

function queueOf({ params }: Call): string {
  return params["queue"] ?? "";
}

/** On the socket the caller says who asks; elsewhere nobody chooses another name than his own. */
function nameOf({ caller }: Call, by: string | undefined): string {
  return caller.door === "socket" ? by ?? caller.by : caller.by;
}
