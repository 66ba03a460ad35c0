/**
 * The address of the message that a bot was called for.
 *
 * @module
 */

import { messageUrl } from "../../messages/narrow_url.ts";
import type { BotMessage } from "../bot_event.ts";

/** Where users see a message. @param realmPage The realm's address, without a slash at its end. */
export function botMessageUrl(realmPage: string, { id, place }: BotMessage): string {
  if (place.kind === "channel") {
    const { streamId, name, topic } = place;
    return messageUrl(realmPage, { id: streamId, name, topic }, id);
  }
  const ids = place.users.map((user) => user.id).sort((one, other) => one - other);
  return `${realmPage}/#narrow/dm/${ids.join(",")}-dm/near/${id}`;
}
