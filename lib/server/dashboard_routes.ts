/**
 * The routes of the dashboard: queues, processes and checks. Those of dead letters are in
 * `failed_routes.ts`, the pages in `pages.ts`.
 *
 * @module
 */

import { z } from "zod";
import { isoTime, SCHEMA } from "../monitoring/snapshot.ts";
import { HISTORY_SECONDS } from "../operations/dashboard/history.ts";
import { detailsWithoutTexts } from "../operations/dashboard/queue_details.ts";
import { type DashboardView, withoutTexts } from "../operations/dashboard/view.ts";
import type { QueueAction } from "../operations/queue_action.ts";
import type { DashboardControl, ProcessOrder } from "./dashboard_control.ts";
import { HttpError, json } from "./http_error.ts";
import type { ProcessControl } from "./process_control.ts";
import { type Call, includes, type Route } from "./router.ts";
import { LOG_LEVEL_SECONDS, PAUSE } from "./routes.ts";
import type { Streams } from "./stream.ts";

const LEVEL = z.object({
  level: z.enum(["debug", "info", "warning", "error"]),
  seconds: z.number().positive().max(315_360_000).optional(),
});
const HOST_PAUSE = PAUSE.extend({ everywhere: z.boolean().optional() });

/** Who asks for changes of the process itself, where there is one. */
export type OwnControl = Pick<ProcessControl, "pause" | "resume" | "restart">;

/**
 * Makes the routes.
 *
 * @param own The process's own queues, which are changed where a request does not say `everywhere`.
 */
export function dashboardRoutes(
  control: DashboardControl,
  streams: Streams,
  own?: OwnControl,
): Route[] {
  return [
    get("/v1/dashboard", (call) => json(viewFor(control, call))),
    get("/v1/dashboard/history", () => {
      return json({ ...stamp(), every_seconds: HISTORY_SECONDS, queues: control.histories() });
    }),
    get(
      "/v1/dashboard/stream",
      ({ caller }) => streams.open(includes(caller.right, "events")),
    ),
    get("/v1/queues", (call) => {
      const { at, broker: { kind, version, up }, queues } = viewFor(control, call);
      return json({ schema: SCHEMA, at, broker: { kind, version, up }, queues });
    }),
    get("/v1/queues/:queue", (call) => json({ schema: SCHEMA, ...detailsFor(control, call) })),
    get("/v1/processes", (call) => {
      const { scope, processes } = viewFor(control, call);
      return json({ ...stamp(), scope, processes });
    }),
    {
      method: "GET",
      path: "/v1/checks",
      right: "events",
      handle: async ({ query }) =>
        json({ schema: SCHEMA, ...await control.checks(query.get("again") === "1") }),
    },
    ...(["pause", "resume", "restart"] as const).map((action) => change(control, action, own)),
    ...(["quiet", "resume", "drain", "restart"] as const).map((kind) =>
      order(control, kind, () => Promise.resolve({ kind }))
    ),
    order(control, "log-level", async (call) => {
      const { level, seconds = LOG_LEVEL_SECONDS } = await call.body(LEVEL);
      return { kind: "log-level", level, seconds };
    }),
  ];
}

function get(path: string, handle: Route["handle"]): Route {
  return { method: "GET", path, right: "numbers", handle };
}

function viewFor(control: DashboardControl, { caller }: Call): DashboardView {
  const view = control.view();
  return includes(caller.right, "events") ? view : withoutTexts(view);
}

function detailsFor(control: DashboardControl, { params, caller }: Call) {
  const name = params["queue"] ?? "";
  const details = control.queue(name);
  if (details) return includes(caller.right, "events") ? details : detailsWithoutTexts(details);
  const message =
    `Nothing is known of ${name}: it has no worker here and is not on the broker, or ` +
    "the broker was not asked yet";
  throw new HttpError("not_found", message);
}

function change(control: DashboardControl, action: QueueAction, own?: OwnControl): Route {
  return {
    method: "POST",
    path: `/v1/queues/:queue/${action}`,
    right: "changes",
    handle: async (call) => {
      const { everywhere = false, reason, seconds } = await call.body(HOST_PAUSE);
      const queue = call.params["queue"] ?? "";
      const { by } = call.caller;
      if (!everywhere && own) {
        return json(
          await (action === "pause"
            ? own.pause(queue, { by, reason, seconds })
            : own[action](queue, by)),
        );
      }
      const results = await control.change(action, queue, { by, reason, seconds });
      control.refresh();
      return json({ results });
    },
  };
}

function order(
  control: DashboardControl,
  kind: ProcessOrder["kind"],
  read: (call: Call) => Promise<ProcessOrder>,
): Route {
  return {
    method: "POST",
    path: `/v1/processes/:id/${kind}`,
    right: "changes",
    handle: async (call) => {
      const answer = await control.order(call.params["id"] ?? "", await read(call), call.caller.by);
      control.refresh();
      return json(answer);
    },
  };
}

function stamp() {
  return { schema: SCHEMA, at: isoTime(Date.now()) };
}
