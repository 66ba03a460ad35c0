/**
 * The keys that mails to users have, whatever they are about: Zulip's `common_context`.
 *
 * @module
 */

/** The server and the realm, as a mail names them. */
export interface NamedRealm {
  readonly realmName: string;
  /** Without a slash at its end. */
  readonly realmUrl: string;
  /** Zulip's EXTERNAL_HOST. */
  readonly externalHost: string;
  /** `https://` or `http://`. */
  readonly scheme: string;
}

/** The keys. @param readerName The full name of the user who reads the mail. */
export function commonContext(
  { realmUrl, realmName, scheme, externalHost }: NamedRealm,
  readerName: string,
): Record<string, unknown> {
  return {
    realm_url: realmUrl,
    realm_name: realmName,
    root_domain_url: `${scheme}${externalHost}`,
    external_url_scheme: scheme,
    external_host: externalHost,
    user_name: readerName,
    corporate_enabled: false,
  };
}
