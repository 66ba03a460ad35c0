/**
 * Looking at dead letters: their groups, a list, all of one.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import type {
  FailedGroupsCommand,
  FailedListCommand,
  FailedShowCommand,
} from "../../command_line/repair_commands.ts";
import { NO_FILTER } from "../../command_line/failed_filter.ts";
import type { Broker, StoredEvent } from "../../engine/broker/broker.ts";
import { counted } from "../../errors/counted.ts";
import { UsageError } from "../../errors/usage_error.ts";
import { matcherOf } from "../../operations/failed/filter.ts";
import { groupEvents } from "../../operations/failed/groups.ts";
import { listed, listedLine, listEvents } from "../../operations/failed/list.ts";
import type { View } from "../../operations/failed/view.ts";
import type { Services } from "../services.ts";
import { eventText } from "./event_text.ts";
import { groupTable, table } from "./table.ts";

/** What a command about the dead letters of a queue needs. */
export interface Looking {
  readonly broker: Broker;
  /** The queue of dead letters. */
  readonly failed: string;
  /** Loads what may be shown. */
  readonly view: () => Promise<View>;
  readonly services: Services;
  readonly stateDir: string;
  /** Names the embedded broker, at the end of a sentence. */
  readonly place: string;
}

/** Prints the groups of the first dead letters. @returns The exit code. */
export async function groups(
  { broker, failed, view, services, place }: Looking,
  { queue, json, scan, countsDelivery }: FailedGroupsCommand,
): Promise<number> {
  using line = services.statusLine();
  const found = await groupEvents(broker, failed, await view(), {
    scan,
    countsDelivery,
    onProgress: ({ scanned, of }) => line.update(`looked at ${scanned} of ${of}`),
  });
  if (found.failure !== undefined) throw found.failure;
  line[Symbol.dispose]();
  const { scanned, of, others, complete } = found;
  if (json) {
    services.print(
      JSON.stringify({ schema: 1, queue, scanned, of, complete, groups: found.groups }),
    );
    return 0;
  }
  for (const each of groupTable(found.groups)) services.print(each);
  const more = others > 0 ? `, and ${counted(others, "event")} of further groups` : "";
  const part = complete ? "" : `the first ${scanned} of `;
  const where = `${part}${counted(of, "event")} in ${failed}`;
  services.print(`${counted(found.groups.length, "group")}${more} in ${where}${place}`);
  return 0;
}

/** Prints a list. @returns The exit code. */
export async function list(
  { broker, failed, view, services, place }: Looking,
  { json, filter, limit, countsDelivery }: FailedListCommand,
): Promise<number> {
  const matches = matcherOf(filter, Date.now());
  const found = await listEvents(broker, failed, matches, {
    view: await view(),
    limit,
    countsDelivery,
  });
  if (found.failure !== undefined) throw found.failure;
  const { events, of, scanned } = found;
  const lines = json ? events.map(listedLine) : table(events);
  for (const each of lines) services.print(each);
  if (json) return 0;
  const isAll = JSON.stringify(filter) === JSON.stringify(NO_FILTER);
  const shown = events.length < of ? `the first ${events.length} of ` : "";
  const end = isAll
    ? `${shown}${counted(of, "event")} in ${failed}`
    : `${events.length} found in ${scanned} of ${counted(of, "event")} in ${failed}`;
  services.print(`${end}${place}`);
  return 0;
}

/** Prints all of one dead letter. @returns The exit code. */
export async function show(
  { broker, failed, view, services, place }: Looking,
  { handle, json, raw, countsDelivery }: FailedShowCommand,
): Promise<number> {
  let first: StoredEvent | undefined;
  let count = 0;
  const matches = matcherOf({ ...NO_FILTER, ids: [handle] }, Date.now());
  const { of, failure } = await broker.sift(failed, (event) => {
    if (!matches(event)) return "keep";
    first ??= event;
    count++;
    return "keep";
  }, { countsDelivery });
  if (failure !== undefined) throw failure;
  if (!first) throw notThere(handle, failed, of, place);
  if (count > 1) services.warn(`${handle} names ${count} events; this is the first`);
  if (raw) services.print(Buffer.from(first.body).toString());
  else if (json) services.print(listedLine(listed(first, await view())));
  else for (const each of eventText(listed(first, await view()))) services.print(each);
  return 0;
}

function notThere(handle: string, failed: string, of: number, place: string): UsageError {
  return new UsageError(
    `none of the ${
      counted(of, "event")
    } in ${failed}${place} has the handle or id ${handle}: it was ` +
      "put back or dropped, or it has failed again and has another handle; see failed list",
  );
}
