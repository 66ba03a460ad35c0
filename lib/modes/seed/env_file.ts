/**
 * The settings file of a seed: with it every worker of this program runs on this host.
 *
 * @module
 */

import { absoluteAddress } from "../../domain/database/address.ts";
import { join, resolve } from "node:path";
import type { Config } from "../../config/config.ts";
import { SERVICE_HOSTS } from "./accounts.ts";
import { seedUploads } from "./pictures.ts";

/** The default port of `deno task smtp`. */
export const SMTP_PORT = 1025;

const HEAD = [
  '# Settings to try the workers with, written by "process-queue seed".',
  "# Named .env they hold for commands in this folder.",
];

/** The text of the file. Paths are absolute, so that it can be moved. */
export function envText(
  { databaseUrl, stateDir }: Pick<Config, "databaseUrl" | "stateDir">,
): string {
  const folder = resolve(stateDir);
  const settings = {
    BROKER: "embedded",
    STATE_DIR: folder,
    DATABASE_URL: absoluteAddress(databaseUrl),
    EXTERNAL_HOST: "localhost",
    EXTERNAL_URI_SCHEME: "http://",
    ZULIP_ADMINISTRATOR: "support@example.com",
    LOCAL_UPLOADS_DIR: seedUploads(folder),
    EMAIL_HOST: "127.0.0.1",
    EMAIL_PORT: String(SMTP_PORT),
    NOREPLY_EMAIL_ADDRESS: "noreply@example.com",
    TOKENIZED_NOREPLY_EMAIL_ADDRESS: "noreply-{token}@example.com",
    DEDICATED_SOFT_REACTIVATION_QUEUE: "true",
    EMAIL_GATEWAY_PATTERN: "%s@in.example.com",
    OUTGOING_ALLOWED_HOSTS: Object.values(SERVICE_HOSTS).join(","),
    ZULIP_WORKER_TEST_FILE: join(folder, "test-events"),
  };
  const lines = Object.entries(settings).map(([name, value]) => `${name}=${quoted(value)}`);
  return [...HEAD, ...lines, ""].join("\n");
}

/** A value in the syntax of `.env`. */
function quoted(value: string): string {
  if (/^[\w@%+=:,.{}/-]+$/.test(value)) return value;
  return `"${value.replaceAll(/["\\$`]/g, (character) => `\\${character}`)}"`;
}
