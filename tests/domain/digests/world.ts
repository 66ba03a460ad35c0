/**
 * A realm whose users have been away, while others wrote in its channels.
 *
 * @module
 */

import { withOutbox } from "../../../lib/domain/database/outbox.ts";
import type { Database } from "../../../lib/domain/database/database.ts";
import { newRow } from "../../../lib/domain/database/rows.ts";
import type { NewRow } from "../../../lib/domain/database/tables.ts";
import { type DigestsMade, publishDigests } from "../../../lib/domain/digests/digests.ts";
import { cutoffOf } from "../../../lib/domain/digests/due.ts";
import type { DigestMaker } from "../../../lib/domain/digests/maker.ts";
import { RecentTopics } from "../../../lib/domain/digests/recent_topics.ts";
import { MailTemplates } from "../../../lib/domain/mail/templates/mail_templates.ts";
import { mailMessages } from "../../../lib/domain/messages/rendering/mail_messages.ts";
import { addUserType, MADE, TestRealm } from "../../fixtures/database/realm.ts";

/** When digests are made, in ms since 1970: a second after the messages. */
export const NOW = MADE.getTime() + 1000;
/** When digests begin. */
export const CUTOFF = cutoffOf(NOW);
/** Before digests begin. */
export const LONG_AGO = new Date(CUTOFF - 1000);

const TEMPLATES = new MailTemplates();

/** What digests are made with; as the worker makes them. */
export const MAKER: DigestMaker = {
  ...{ externalHost: "zulip.example", scheme: "https://", installationName: "Zulip at Example" },
  timeZone: "UTC",
  text: (...args) => TEMPLATES.text(...args),
  show: mailMessages,
};

/** A mail that was published. */
export interface PublishedDigest {
  readonly queue: string;
  readonly id: string | undefined;
  // deno-lint-ignore no-explicit-any -- read by tests as what it is
  readonly event: any;
}

/** How a channel is. */
export interface ChannelOptions {
  /** @default {long ago} */
  readonly made?: Date;
  readonly invite_only?: boolean;
  readonly is_web_public?: boolean;
  readonly deactivated?: boolean;
}

/** A realm with a database. */
export class DigestWorld {
  readonly db: Database;
  readonly realm: TestRealm;
  readonly published: PublishedDigest[] = [];
  topics = new RecentTopics();
  /** The program in which people write. */
  readonly website: number;

  private constructor(db: Database, realm: TestRealm, website: number) {
    this.db = db;
    this.realm = realm;
    this.website = website;
  }

  /** Makes a realm `acme`. */
  static async make(db: Database): Promise<DigestWorld> {
    await addUserType(db);
    const { id } = await db.insertInto("zerver_client").values({ name: "website" })
      .returning("id").executeTakeFirstOrThrow();
    return new DigestWorld(db, await TestRealm.make(db, "acme"), id);
  }

  /** Makes a channel. @returns Its id, and where its messages go. */
  async channel(
    name: string,
    subscribers: readonly number[] = [],
    { made = LONG_AGO, ...more }: ChannelOptions = {},
  ): Promise<{ readonly stream: number; readonly recipient: number }> {
    const channel = await this.realm.channel(name, subscribers);
    await this.db.updateTable("zerver_stream").set({ date_created: made, ...more })
      .where("id", "=", channel.stream).execute();
    return channel;
  }

  /** Makes a message of a person to a channel. */
  async write(
    sender: number,
    recipient: number,
    subject: string,
    more: Partial<NewRow<"zerver_message">> & { readonly readers?: readonly number[] } = {},
  ): Promise<number> {
    const { readers = [], ...given } = more;
    const message = { subject, sending_client_id: this.website, ...given };
    return await this.realm.message(sender, recipient, readers, message);
  }

  /** Writes an audit row about a user. */
  async audit(
    modified_user_id: number,
    event_type: number,
    event_time: Date,
    modified_stream_id: number | null = null,
  ): Promise<void> {
    const given = { realm_id: this.realm.id, modified_user_id, event_type, event_time };
    const row = newRow("zerver_realmauditlog", { ...given, modified_stream_id });
    await this.db.insertInto("zerver_realmauditlog").values(row).execute();
  }

  /** Makes the digests of users. */
  async make(
    userIds: readonly number[],
    { db = this.db, now = NOW, cutoff = CUTOFF, maker = {} }: {
      readonly db?: Database;
      readonly now?: number;
      readonly cutoff?: number;
      readonly maker?: Partial<DigestMaker>;
    } = {},
  ): Promise<DigestsMade | undefined> {
    const tools = { maker: { ...MAKER, ...maker }, topics: this.topics, owner: "me", now };
    const context = {
      log: { warn: () => {} },
      publish: (queue: string, event: unknown, { id }: { id?: string } = {}) => {
        this.published.push({ queue, id, event });
        return Promise.resolve();
      },
    };
    return await withOutbox(db, context, async (trx, publish) => {
      return await publishDigests(trx, publish, { userIds, cutoff }, tools);
    });
  }

  /** The context of the only mail that was published since the last call. */
  // deno-lint-ignore no-explicit-any -- read by tests as what it is
  context(): any {
    const [mail, ...others] = this.published.splice(0);
    if (!mail || others.length > 0) throw new Error(`${mail ? others.length + 1 : 0} mails`);
    return mail.event.context;
  }
}

/** The topics of a mail, with their channels. */
// deno-lint-ignore no-explicit-any -- read by tests as what it is
export function topicsOf(context: any): string[] {
  // deno-lint-ignore no-explicit-any -- read by tests as what it is
  return context.hot_conversations.map((one: any) => one.first_few_messages.header.plain);
}
