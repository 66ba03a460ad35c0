/**
 * The types of `deferred_work` that are not done here, and why.
 *
 * @module
 */

import { firstCodePoints } from "../database/text.ts";
import { TYPES } from "./work_event.ts";

const ZULIPS = "let Zulip's manage.py process_queue do it: put the event back (failed retry) " +
  "while this program does not run the queue";

const REASONS: Readonly<Record<string, string>> = {
  reupload_realm_emoji: "makes the pictures of all emoji of an organization again, after an " +
    `upgrade of Zulip; ${ZULIPS}`,
  reupload_jdenticon_avatars: "makes the pictures of users again, after an upgrade of Zulip; " +
    ZULIPS,
  push_bouncer_update_for_realm: "reports all organizations, with what only Zulip knows of them, " +
    "to the push bouncer, which takes those that a report leaves out for deleted; Zulip's hourly " +
    "report says the same",
  scrub_deactivated_realm: "deletes all data of deactivated organizations for good, which only " +
    `Zulip knows completely; ${ZULIPS}`,
  import_slack_data: `makes an organization of an archive of Slack's; ${ZULIPS}`,
};

const MOST_SHOWN = 100;

/** The types of Zulip's that are known and not done here. */
export const NOT_DONE: readonly string[] = Object.keys(REASONS);

/** The event by which the push bouncer gets a report. */
export const BOUNCER_UPDATE = "push_bouncer_update_for_realm";

/** Why an event of this type is not done. */
export function whyNotDone(type: string): string {
  const reason = Object.hasOwn(REASONS, type) ? REASONS[type] : undefined;
  if (reason !== undefined) return `${type} is not done here, as it ${reason}`;
  const shown = JSON.stringify(firstCodePoints(type, MOST_SHOWN));
  const done = TYPES.join(", ");
  const others = NOT_DONE.join(", ");
  return `there is no type ${shown} of deferred_work: the types are ${done}; not done here are ` +
    others;
}
