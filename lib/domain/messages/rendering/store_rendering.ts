/**
 * Stores new HTML of a message whose content stays the same, and tells its readers of it.
 *
 * @module
 */

import type { Transaction } from "kysely";
import { type PublishWithTransaction, withdraw } from "../../database/outbox.ts";
import type { Tables } from "../../database/tables.ts";
import { clientFlags } from "../flags.ts";
import { messageReaders } from "../readers.ts";

/** The queue of Zulip's event system. */
const NOTICES = "notify_tornado";

/** The new HTML of a message. */
export interface NewRendering {
  /** The message's. */
  readonly id: number;
  /** Its Markdown. */
  readonly content: string;
  /** The HTML. */
  readonly rendered: string;
  /** ms since 1970. */
  readonly now: number;
}

/**
 * Stores the HTML, and publishes the notice `update_message` for all who have got the message and may
 * read it still. Flags do not change, and nobody is notified. A notice of older HTML that waits in the
 * outbox is not published any more: it would come after this one. The message must be locked.
 *
 * @throws {DatabaseError} When the database is lost.
 */
export async function storeRendering(
  trx: Transaction<Tables>,
  publish: PublishWithTransaction,
  { id, content, rendered, now }: NewRendering,
): Promise<void> {
  await trx.updateTable("zerver_message").set({ rendered_content: rendered })
    .where("id", "=", id).execute();
  const readers = await messageReaders(trx, id);
  if (readers.length === 0) return;
  const prefix = `rendering:${id}:`;
  await withdraw(trx, NOTICES, prefix);
  const notice = {
    event: {
      type: "update_message",
      user_id: null,
      edit_timestamp: Math.floor(now / 1000),
      message_id: id,
      message_ids: [id],
      content,
      rendered_content: rendered,
      rendering_only: true,
    },
    users: readers.map(({ id, flags }) => ({ id, flags: clientFlags(flags) })),
  };
  publish(NOTICES, notice, { id: `${prefix}${crypto.randomUUID()}` });
}
