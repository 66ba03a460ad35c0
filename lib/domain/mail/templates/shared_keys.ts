/**
 * The keys that the context of every mail has, whatever its event has.
 *
 * @module
 */

/** What is known of the server that mails speak of. */
export interface MailSite {
  /** Such as `zulip.example.com`, with its port if it has one. */
  readonly externalHost: string;
  /** `https://` or `http://`. */
  readonly scheme: string;
  /** The address of the server's administrator. */
  readonly administrator: string;
  /** `""`: none. */
  readonly physicalAddress: string;
}

/**
 * A context with the keys that every mail has. They take the place of the event's:
 *
 * - `support_email`, where users can ask;
 * - `email_images_base_url`, the folder with Zulip's pictures; the program's own templates show none;
 * - `physical_address`, which the footer prints if it is not `""`.
 */
export function withSharedKeys(
  context: Readonly<Record<string, unknown>>,
  site: MailSite,
): Record<string, unknown> {
  return {
    ...context,
    support_email: site.administrator,
    email_images_base_url: `${site.scheme}${site.externalHost}/static/images/emails`,
    physical_address: site.physicalAddress,
  };
}
