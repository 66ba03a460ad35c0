/**
 * The queue `email_senders`: mails that somebody waits for.
 *
 * @module
 */

import { defineMailWorker } from "./_mail.ts";

export default defineMailWorker("email_senders");
