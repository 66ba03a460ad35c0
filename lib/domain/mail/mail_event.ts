/**
 * The events of the queues of mails, as Zulip publishes them.
 *
 * @module
 */

import { z } from "zod";
import type { AddressedEvent } from "./addressed.ts";

/** An event of a queue of mails. */
export interface MailEvent extends AddressedEvent {
  /** Such as `zerver/emails/password_reset`. */
  readonly template_prefix: string;
  readonly from_name?: string | null | undefined;
  /** An address, or a placeholder such as `TOKENIZED_NO_REPLY`. */
  readonly from_address?: string | null | undefined;
  readonly reply_to_email?: string | null | undefined;
  readonly language?: string | null | undefined;
  /** Of RFC 5322 or ISO 8601. @default {now} */
  readonly date?: string | null | undefined;
  /** The values of the template. */
  readonly context?: Readonly<Record<string, unknown>> | null | undefined;
  readonly realm_id?: number | null | undefined;
}

const text = z.string().nullish();

/** Its shape. Absent keys and null are the same; any other key is refused. */
export const mailEvent: z.ZodType<MailEvent> = z.strictObject({
  template_prefix: z.string(),
  to_user_ids: z.array(z.int32().positive()).nullish(),
  to_emails: z.array(z.string()).nullish(),
  to_user_id: z.int32().positive().nullish(),
  to_email: text,
  from_name: text,
  from_address: text,
  reply_to_email: text,
  language: text,
  date: text,
  context: z.record(z.string(), z.unknown()).nullish(),
  realm_id: z.int32().positive().nullish(),
  failed_tries: z.int().nullish(),
});
