/**
 * The address of a Zulip server's database.
 *
 * @module
 */

/** What a Zulip server's files say of its database; what they do not say is `undefined`. */
export interface ZulipDatabase {
  /** @default {"zulip"} */
  readonly user: string | undefined;
  /** @default {"zulip"} */
  readonly database: string | undefined;
  /** Used only with a host. */
  readonly password: string | undefined;
  /** @default {a Unix socket of this machine, without a password} */
  readonly host: string | undefined;
  /** @default {"5432"} */
  readonly port: string | undefined;
  /** @default {"verify-full", as Zulip has it} */
  readonly sslMode: string | undefined;
}

/** The folder of PostgreSQL's socket on Debian. */
const SOCKET_FOLDER = "/var/run/postgresql";

/** Makes the URL. */
export function databaseUrl({ host, port = "5432", ...zulip }: ZulipDatabase): string {
  const { user = "zulip", database = "zulip", password, sslMode = "verify-full" } = zulip;
  const [who, name] = [user, database].map(encodeURIComponent);
  if (host === undefined) return `postgres://${who}@${encodeURIComponent(SOCKET_FOLDER)}/${name}`;
  const secret = password === undefined ? "" : `:${encodeURIComponent(password)}`;
  const server = host.includes(":") ? `[${host}]` : encodeURIComponent(host);
  return `postgres://${who}${secret}@${server}:${port}/${name}?sslmode=${sslMode}`;
}
