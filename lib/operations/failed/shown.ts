/**
 * All of one dead letter, as the dashboard shows it.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import type { StoredEvent } from "../../engine/broker/broker.ts";
import { HEADER } from "../../engine/broker/headers.ts";
import { counted } from "../../errors/counted.ts";
import { failureFacts } from "./dead_letter.ts";
import { plain, timeOf } from "./list.ts";
import { bodyFields } from "./saved_file.ts";
import { type FailedRow, rowOf } from "./scan.ts";
import type { View } from "./view.ts";

/** How much of events is shown: all, all but secrets, or types and lengths. */
export type Shown = "all" | "masked" | "shape";

/** All of a dead letter. */
export interface FailedEvent extends FailedRow {
  readonly queue: string;
  readonly stack: string;
  readonly retried_by: string | null;
  readonly retried_at: string | null;
  readonly properties: unknown;
  readonly headers: unknown;
  readonly body?: string;
  /** Of a body that is no text. */
  readonly body_base64?: string;
  readonly body_is_json: boolean;
  readonly shown: Shown;
  /** Whether something of the body is hidden. */
  readonly masked: boolean;
  /** What became of it, the oldest first. */
  readonly history: readonly { readonly at: string; readonly what: string }[];
  /** The handles beside it in the last scan, the newest first, and how many its group has there. */
  readonly previous: string | null;
  readonly next: string | null;
  readonly group_count: number | null;
}

/** Makes it, without what only a scan knows. */
export function shownEvent(
  event: StoredEvent,
  view: View,
  { queue, shown }: Pick<FailedEvent, "queue" | "shown">,
): Omit<FailedEvent, "previous" | "next" | "group_count"> {
  const { properties, body } = view(event);
  const { headers = {}, ...rest } = properties;
  const { stack, retriedBy } = failureFacts({ properties });
  return {
    ...rowOf(event, view),
    queue,
    stack,
    retried_by: retriedBy === "" ? null : retriedBy,
    retried_at: timeOf(headers[HEADER.retriedAt]),
    properties: plain(rest),
    headers: plain(headers),
    ...body,
    body_is_json: isJson(event.body),
    shown,
    masked: JSON.stringify(body) !== JSON.stringify(bodyFields(event.body)),
    history: historyOf(event),
  };
}

function isJson(body: Uint8Array): boolean {
  try {
    JSON.parse(Buffer.from(body).toString());
    return true;
  } catch {
    return false;
  }
}

function historyOf(event: StoredEvent): FailedEvent["history"] {
  const { firstFailedAt, failedAt, attempts, retried, retriedBy } = failureFacts(event);
  const at = timeOf(event.properties.headers?.[HEADER.retriedAt]);
  const again = at === null
    ? []
    : [{ at, what: `retried by ${retriedBy || "?"}${times(retried)}` }];
  const isFirst = firstFailedAt === "" || firstFailedAt === failedAt;
  return [
    ...(isFirst ? [] : [{ at: firstFailedAt, what: "failed first" }]),
    ...again,
    ...(failedAt === ""
      ? []
      : [{ at: failedAt, what: `failed after ${counted(attempts, "attempt")}` }]),
  ];
}

function times(count: number): string {
  return count > 1 ? `, ${count} times so far` : "";
}
