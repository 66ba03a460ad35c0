/**
 * The queue `deferred_email_senders`: mails that nobody waits for, such as digests, which must not delay `email_senders`.
 *
 * @module
 */

import { defineMailWorker } from "./_mail.ts";

export default defineMailWorker("deferred_email_senders");
