/**
 * Tells the story once: a message with a mention of the group, a link and a picture.
 *
 * @module
 */

import { deflateSync } from "node:zlib";
import type { Database } from "../../../lib/domain/database/database.ts";
import { withOutbox } from "../../../lib/domain/database/outbox.ts";
import { sendMessage } from "../../../lib/domain/messages/send/send_message.ts";
import { uploadLink, uploadOf } from "../../../lib/domain/uploads/upload.ts";
import { Uploads } from "../../../lib/domain/uploads/uploads.ts";
import { addUploads } from "../../../lib/domain/uploads/upload_rows.ts";
import type { Broker } from "../../../lib/engine/broker/broker.ts";
import { publishEvent } from "../../../lib/engine/broker/publish.ts";
import { toJson } from "../../../lib/json/to_json.ts";
import { pngFile } from "../../../lib/modes/seed/pictures.ts";
import { GROUP, type Organization } from "./organization.ts";

/** EXTERNAL_HOST. */
export const HOST = "zulip.example";

/** The beginning of the topics: each message has one of its own, as mails show a conversation. */
export const TOPIC = "lunch";

/** Where the story happens. */
export interface Stage {
  readonly db: Database;
  readonly broker: Broker;
  readonly organization: Organization;
  /** LOCAL_UPLOADS_DIR. */
  readonly uploads: string;
  /** Where the pages are that messages link to. */
  readonly pages: string;
}

/** What was sent. */
export interface Told {
  /** From 0. */
  readonly number: number;
  /** Of the message. */
  readonly id: number;
  /** The link in it. */
  readonly link: string;
  /** The `path_id` of the picture in it. */
  readonly path: string;
}

const [WIDTH, HEIGHT] = [1280, 800];
/** A black PNG. */
const PICTURE = pngFile(WIDTH, HEIGHT, deflateSync(new Uint8Array((1 + WIDTH / 8) * HEIGHT)));

/** Sends the message, with the events that a Zulip server publishes beside it. */
export async function tell(
  { db, broker, organization, uploads, pages }: Stage,
  number: number,
): Promise<Told> {
  const { realm: realmId, sender: senderId, channel: streamId } = organization;
  const file = { name: "soup.png", contentType: "image/png", bytes: PICTURE };
  const upload = uploadOf(file, realmId, `story ${number}`);
  const link = `${pages}/soup/${number}.html`;
  const content = `@*${GROUP}* the soup is ready: ${link} ${uploadLink(upload)}`;
  await new Uploads(uploads).storeFile(upload.pathId, upload.bytes);
  const now = new Date();
  const message = {
    ...{ senderId, content, client: "crash suite", uploads: [upload] },
    to: { kind: "channel", streamId, topic: `${TOPIC}${number}` } as const,
  };
  const id = await withOutbox(db, publisherOf(broker), async (trx, publish) => {
    const owner = { ownerId: senderId, realmId, now };
    await addUploads(trx, publish, [upload], owner);
    const id = await sendMessage(trx, message, { publish, now, externalHost: HOST });
    publish("embed_links", {
      ...{ message_id: id, message_content: content, message_realm_id: realmId, urls: [link] },
    });
    return id;
  });
  return { number, id, link, path: upload.pathId };
}

function publisherOf(broker: Broker): Parameters<typeof withOutbox>[1] {
  return {
    log: { warn: (text) => console.error(text) },
    publish: (queue, event, { id } = {}) => publishEvent(broker, queue, toJson(event), { id }),
  };
}
