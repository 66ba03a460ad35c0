/**
 * What the dashboard's thread answers: an event that waits, and why there is no event.
 *
 * @module
 */

import type { StoredEvent } from "../../engine/broker/broker.ts";
import { PUBLISHED_MS } from "../../engine/broker/headers.ts";
import type { SiftProgress } from "../../engine/broker/sift.ts";
import { counted } from "../../errors/counted.ts";
import { errorData } from "../../errors/error_data.ts";
import { plain, timeOf } from "../../operations/failed/list.ts";
import type { RepairEnd } from "../../operations/failed/repair.ts";
import type { TaskEnd } from "../../operations/failed/task.ts";
import type { View } from "../../operations/failed/view.ts";
import type { PeekedEvent } from "../../server/failed_events.ts";
import { HttpError } from "../../server/http_error.ts";

/** An event that waits, as it may be shown. */
export function peeked(event: StoredEvent, view: View): PeekedEvent {
  const { bytes, body, properties } = view(event);
  const { headers = {}, ...rest } = properties;
  return {
    id: properties.messageId ?? null,
    published_at: timeOf(headers[PUBLISHED_MS]),
    bytes,
    properties: plain(rest),
    headers: plain(headers),
    ...body,
  };
}

/** The error of a handle that none of the dead letters has. @param of How many there are. */
export function notThere(queue: string, handle: string, of: number): HttpError {
  const message =
    `None of the ${counted(of, "dead letter")} of ${queue} is ${handle}: it was put ` +
    "back or dropped, or it has failed again and has another handle";
  return new HttpError("not_found", message);
}

/** The error of a handle that was not found in the time of an answer. */
export function tooFar(queue: string, handle: string, { scanned, of }: SiftProgress): HttpError {
  const message =
    `${handle} is not among the first ${scanned} of ${of} dead letters of ${queue}, ` +
    `and no more were looked at: process-queue failed show ${queue} ${handle} looks at all`;
  return new HttpError("unavailable", message);
}

/** The error of lines that were not found in the time of an answer. */
export function tooMany(queue: string, { scanned, of }: Pick<SiftProgress, "scanned" | "of">) {
  const message =
    `Only ${scanned} of ${of} dead letters of ${queue} were looked at in the time of ` +
    `an answer: process-queue failed list ${queue} --json looks at all`;
  return new HttpError("unavailable", message);
}

/** The error of a look that had to wait too long for others, and was not begun. */
export function othersLook(queue: string): HttpError {
  const message = `Others are looking at the dead letters of ${queue}: try again in a moment`;
  return new HttpError("unavailable", message);
}

/** The end of a task that repairs. */
export function endOf({ result, failure }: RepairEnd): TaskEnd {
  return ended(result, failure);
}

/** The end of a task. @param failure Why it is incomplete; `undefined`: it is not. */
export function ended(result: TaskEnd["result"], failure: unknown): TaskEnd {
  return failure === undefined ? { result } : { result, error: errorData(failure).message };
}
