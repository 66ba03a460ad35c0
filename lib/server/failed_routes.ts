/**
 * The routes of the dashboard for dead letters: lists, single events, tasks, downloads.
 *
 * @module
 */

import { createReadStream, existsSync } from "node:fs";
import { basename } from "node:path";
import { Readable } from "node:stream";
import { z } from "zod";
import type { FailedFilter } from "../command_line/failed_filter.ts";
import { logLine } from "../log/log.ts";
import { isoTime, SCHEMA } from "../monitoring/snapshot.ts";
import type { RowQuery } from "../operations/failed/scan.ts";
import type { RepairOrder, Task, TaskOrder } from "../operations/failed/task.ts";
import type { DashboardControl } from "./dashboard_control.ts";
import type { FailedEvents } from "./failed_events.ts";
import { HttpError, json } from "./http_error.ts";
import type { Call, Right, Route } from "./router.ts";
import type { Tasks } from "./tasks.ts";

/** What the routes ask. */
export interface FailedRoutesOptions {
  readonly events: FailedEvents;
  readonly tasks: Tasks;
  readonly control: Pick<DashboardControl, "view">;
}

const MOST = 1e9;
const MOST_ROWS = 200;
const ROWS = 50;
/** The longest wait for the end of a task, in seconds: answers are due within 10 s. */
const MOST_WAIT = 8;
const MOST_WORDS = 1000;
const MOST_PEEKED = 100;
const PEEKED = 10;

const word = z.string().min(1).max(1000);
const words = z.array(word).max(MOST_WORDS).optional();
const seconds = z.number().min(0).max(MOST).optional();
const count = z.number().int().min(1).max(MOST);

const FILTER = z.strictObject({
  all: z.literal(true).optional(),
  ids: words,
  groups: words,
  reasons: words,
  error: word.optional(),
  text: word.optional(),
  contains: word.optional(),
  older_than: seconds,
  newer_than: seconds,
  retried: z.number().int().min(0).max(MOST).optional(),
});
const REPAIR = z.strictObject({
  filter: FILTER,
  dry_run: z.boolean().default(false),
  expected: count.optional(),
  rate: z.number().min(1).max(1e6).optional(),
  count_a_delivery: z.boolean().default(false),
  save: z.boolean().default(true),
});
const RETRY = REPAIR.extend({ to: word.optional(), body: z.string().optional() });
const SCAN = z.strictObject({ scan: count.nullable().default(10_000) });
const PEEK = z.strictObject({
  limit: count.max(MOST_PEEKED).default(PEEKED),
  count_a_delivery: z.boolean().default(false),
});
/** Numbers of a query are texts. */
const queryNumber = z.coerce.number().min(0).max(MOST).optional();
const QUERY = z.object({
  group: word.optional(),
  reason: word.optional(),
  error: word.optional(),
  older_than: queryNumber,
  newer_than: queryNumber,
  after: word.optional(),
  limit: z.coerce.number().int().min(1).max(MOST_ROWS).default(ROWS),
  order: z.enum(["newest", "oldest"]).default("newest"),
});

/** Makes the routes. */
export function failedRoutes({ events, tasks, control }: FailedRoutesOptions): Route[] {
  return [
    route("GET", "/v1/queues/:queue/failed", "events", async (call) => {
      const queue = queueOf(call);
      const page = await events.page(queue, queryOf(call), call.query.get("rescan") === "1");
      const row = control.view().queues.find((one) => one.queue === queue);
      return json({ ...stamp(), ...page, of_now: row?.failed ?? null });
    }),
    route("GET", "/v1/queues/:queue/failed/download", "events", async (call) => {
      const queue = queueOf(call);
      const query = queryOf(call);
      const lines = await events.lines(queue, listFilter(query), query.error);
      return attachment(lines, `${queue}.failed.jsonl`);
    }),
    route("GET", "/v1/queues/:queue/failed/:handle", "events", (call) => show(events, tasks, call)),
    route("POST", "/v1/queues/:queue/peek", "events", async (call) => {
      const { limit, count_a_delivery } = await call.body(PEEK);
      return json({ ...stamp(), ...await events.peek(queueOf(call), limit, count_a_delivery) });
    }),
    route("POST", "/v1/queues/:queue/failed/scan", "changes", async (call) => {
      const { scan } = await call.body(SCAN);
      const order: TaskOrder = { kind: "scan", queue: queueOf(call), scan };
      return await started(tasks, call, order, null);
    }),
    route("POST", "/v1/queues/:queue/failed/retry", "changes", async (call) => {
      const { to, body, ...more } = await call.body(RETRY);
      const order = { ...repairOf("retry", queueOf(call), more), to, body };
      requireOneMeant(order);
      await events.check(order);
      return await started(tasks, call, order, more.filter);
    }),
    route("POST", "/v1/queues/:queue/failed/drop", "changes", async (call) => {
      const more = await call.body(REPAIR);
      return await started(tasks, call, repairOf("drop", queueOf(call), more), more.filter);
    }),
    ...taskRoutes(tasks),
  ];
}

function taskRoutes(tasks: Tasks): Route[] {
  return [
    route("GET", "/v1/tasks", "events", () => json({ ...stamp(), tasks: tasks.all })),
    route("GET", "/v1/tasks/:id", "events", async (call) => {
      const id = idOf(call);
      return json(await tasks.wait(id, waitMs(call)));
    }),
    route("DELETE", "/v1/tasks/:id", "changes", (call) => json(tasks.cancel(idOf(call)))),
    route("GET", "/v1/tasks/:id/saved", "changes", (call) => saved(tasks.get(idOf(call)), call)),
  ];
}

function route(
  method: Route["method"],
  path: string,
  right: Right,
  handle: Route["handle"],
): Route {
  return { method, path, right, handle };
}

async function show(events: FailedEvents, tasks: Tasks, call: Call): Promise<Response> {
  const [queue, handle] = [queueOf(call), call.params["handle"] ?? ""];
  const isRaw = call.query.get("raw") === "1";
  if (isRaw && call.caller.right !== "changes") {
    const message = "The secrets of events need the token in HTTP_TOKEN_FILE";
    throw new HttpError("forbidden", message);
  }
  const event = await events.show(queue, handle, isRaw).catch((error) => {
    throw error instanceof HttpError && error.code === "not_found"
      ? new HttpError("not_found", error.message + lastRepair(tasks.all, queue))
      : error;
  });
  if (isRaw) {
    const properties = { by: call.caller.by, handle: event.handle };
    logLine("info", "{by} was shown all of the dead letter {handle}", properties, { queue });
  }
  return json({ ...stamp(), ...event });
}

/** What a task of this process has done to the queue's dead letters, at the end of a sentence. */
function lastRepair(tasks: readonly Task[], queue: string): string {
  for (const { queue: of, result, by, ended_at } of tasks) {
    if (of !== queue || !result || !("moved" in result) || result.moved === 0) continue;
    const verb = result.action === "retry" ? "put back" : "dropped";
    return `. The last to do so was ${by}, who ${verb} ${result.moved} at ${ended_at}`;
  }
  return "";
}

async function started(
  tasks: Tasks,
  call: Call,
  order: TaskOrder,
  filter: unknown,
): Promise<Response> {
  const { id } = tasks.start({ order, by: call.caller.by, filter });
  const task = await tasks.wait(id, waitMs(call));
  return json({ task }, task.state === "running" ? 202 : 200);
}

function waitMs({ query }: Call): number {
  const wait = Number(query.get("wait") ?? 0);
  return Number.isFinite(wait) ? Math.max(0, Math.min(MOST_WAIT, wait)) * 1000 : 0;
}

function repairOf(
  kind: RepairOrder["kind"],
  queue: string,
  { filter, dry_run, expected, rate, ...more }: z.infer<typeof REPAIR>,
): RepairOrder {
  if (!dry_run && expected === undefined) {
    const message = "expected is missing: how many events are meant, as a dry run has counted them";
    throw new HttpError("bad_request", message);
  }
  return {
    kind,
    queue,
    filter: filterOf(filter),
    contains: filter.contains,
    dryRun: dry_run,
    expected: dry_run ? null : expected ?? null,
    rate: rate ?? null,
    save: more.save,
    countsDelivery: more.count_a_delivery,
  };
}

function filterOf({ all, ...filter }: z.infer<typeof FILTER>): FailedFilter {
  const isEmpty = Object.values(filter).every((value) => value === undefined);
  if (isEmpty === (all === undefined)) {
    const message =
      "filter must say which events are meant: all, or at least one of ids, groups, " +
      "reasons, error, text, contains, older_than, newer_than, retried; and not both";
    throw new HttpError("bad_request", message);
  }
  const { ids = [], groups = [], reasons = [], error, text, retried } = filter;
  const { older_than: olderThan, newer_than: newerThan } = filter;
  return { ids, groups, reasons, error, text, olderThan, newerThan, retried };
}

function requireOneMeant({ body, filter: { ids } }: RepairOrder): void {
  if (body === undefined || ids.length === 1) return;
  const message = "A new body is for one event: name it in filter.ids";
  throw new HttpError("bad_request", message);
}

function queryOf({ query }: Call): RowQuery {
  const parsed = QUERY.safeParse(Object.fromEntries(query));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const message = `${issue?.path.join(".")} is not valid: ${issue?.message}`;
  throw new HttpError("bad_request", message);
}

function listFilter({ group, reason, older_than, newer_than }: RowQuery): FailedFilter {
  return {
    ids: [],
    groups: group === undefined ? [] : [group],
    reasons: reason === undefined ? [] : [reason],
    olderThan: older_than,
    newerThan: newer_than,
  };
}

/** The file of what a drop has removed. */
function saved({ result, queue }: Task, { caller }: Call): Response {
  const path = result && "saved" in result ? result.saved : null;
  if (path === null) throw new HttpError("not_found", "The task has saved nothing");
  if (!existsSync(path)) throw new HttpError("not_found", `${path} is no longer there`);
  logLine("info", "{by} took the file {path}", { by: caller.by, path }, { queue });
  const stream = Readable.toWeb(createReadStream(path)) as ReadableStream<Uint8Array>;
  return attachment(stream, basename(path));
}

function attachment(body: BodyInit, name: string): Response {
  const plain = name.replace(/[^\w.-]/g, "_");
  return new Response(body, {
    headers: {
      "Content-Type": "application/jsonl",
      "Content-Disposition": `attachment; filename="${plain}"`,
    },
  });
}

function queueOf({ params }: Call): string {
  return params["queue"] ?? "";
}

function idOf({ params }: Call): string {
  return params["id"] ?? "";
}

function stamp() {
  return { schema: SCHEMA, at: isoTime(Date.now()) };
}
