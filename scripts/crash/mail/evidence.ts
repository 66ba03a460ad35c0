/**
 * Collects what a verdict is made from, when the processes have ended.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import type { StoredEvent } from "../../../lib/engine/broker/broker.ts";
import { HEADER, requeueProperties } from "../../../lib/engine/broker/headers.ts";
import { failedQueueName } from "../../../lib/engine/settle/retry.ts";
import { rawHeader, type ReceivedMail } from "../../smtp/private.ts";
import type { MailDeployment } from "./deployment.ts";
import { QUEUES } from "./events.ts";
import type { FailedEvent, Got, Left, MailEvidence } from "./verdict.ts";

const ALL = Number.MAX_SAFE_INTEGER;
const MAYBE_SENT = "maybe sent";

/** Puts the mails back that failed because nobody knows whether they were sent. @returns Their ids. */
export async function putBackMaybeSent({ broker }: MailDeployment): Promise<string[]> {
  const queue = "email_senders";
  const ids: string[] = [];
  const { failure } = await broker.sift(failedQueueName(queue), (event) => {
    const { headers, messageId = "" } = event.properties;
    if (!String(headers?.[HEADER.errorMessage]).startsWith(MAYBE_SENT)) return "keep";
    ids.push(messageId);
    return { move: queue, properties: requeueProperties(event, Date.now()) };
  });
  if (failure !== undefined) throw failure;
  return ids;
}

/** Collects everything. @param putBack The ids that {@linkcode putBackMaybeSent} returned. */
export async function collect(
  deployment: MailDeployment,
  putBack: readonly string[],
): Promise<MailEvidence> {
  const { publisher, smtp } = deployment;
  return {
    published: publisher.published,
    got: smtp.received().flatMap(gotOf),
    failed: await failedEvents(deployment),
    waiting: await waitingEvents(deployment),
    maybeSent: new Set([...putBack, ...maybeSentIds(deployment.processes.logs())]),
    ...await deployment.database(async (db) => ({
      counts: new Map(
        (await db.selectFrom("zerver_useractivity").select(["query", "count"]).execute())
          .map(({ query, count }) => [query, count]),
      ),
      records: await db.selectFrom("process_queue_effect").select(["key", "step"])
        .where("state", "=", "done").execute(),
    })),
  };
}

/** The ids of the events of which log lines in JSON say `maybe sent`. */
export function maybeSentIds(logs: string): string[] {
  return logs.split("\n").filter((line) => line.includes(MAYBE_SENT)).flatMap((line) => {
    const id = /"event":"([^"]+)"/.exec(line)?.[1];
    return id === undefined ? [] : [id];
  });
}

function gotOf(mail: ReceivedMail): Got[] {
  const messageId = /<([^@]*)@/.exec(rawHeader(mail, "Message-ID") ?? "")?.[1] ?? "";
  return mail.recipients.map((recipient) => ({ recipient, messageId }));
}

async function failedEvents(deployment: MailDeployment): Promise<FailedEvent[]> {
  const events: FailedEvent[] = [];
  for (const queue of QUEUES) {
    for (const event of await deployment.broker.peek(failedQueueName(queue), ALL)) {
      events.push({ name: nameOf(event, deployment), reason: reasonOf(event) });
    }
  }
  return events;
}

async function waitingEvents(deployment: MailDeployment): Promise<Left[]> {
  const events: Left[] = [];
  for (const queue of QUEUES) {
    for (const event of await deployment.broker.peek(queue, ALL)) {
      events.push({ name: nameOf(event, deployment) });
    }
  }
  return events;
}

/** Such as `error: maybe sent`, without what differs from event to event. */
function reasonOf({ properties: { headers } }: StoredEvent): string | undefined {
  const reason = headers?.[HEADER.reason];
  if (typeof reason !== "string") return undefined;
  const [words = ""] = String(headers?.[HEADER.errorMessage] ?? "").split(":");
  return words === "" ? reason : `${reason} (${words})`;
}

/** What the suite calls an event. */
function nameOf({ body }: StoredEvent, { addresses }: MailDeployment): string {
  const event = JSON.parse(Buffer.from(body).toString());
  if (event.query !== undefined) return event.query;
  const to: string[] = event.to_emails ??
    event.to_user_ids.map((id: number) => addresses.get(id) ?? "");
  return to.join(" ");
}
