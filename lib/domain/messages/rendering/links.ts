/**
 * The links of a message outside of Zulip.
 *
 * @module
 */

const SCHEME = /^[a-z][a-z0-9+.-]*:/i;
const NARROW = /^\/?#narrow\//;

/**
 * A link that works outside of the realm's pages.
 *
 * @param link As a message has it; one with a scheme comes back as it is, as does an empty one.
 * @param realmUrl The realm's address, with or without a slash at its end.
 */
export function absoluteLink(link: string, realmUrl: string): string {
  const relative = link.trim();
  if (relative === "" || SCHEME.test(relative)) return link;
  if (relative.startsWith("//")) return `${SCHEME.exec(realmUrl)?.[0] ?? "https:"}${relative}`;
  const base = realmUrl.replace(/\/$/, "");
  return relative.startsWith("/") ? `${base}${relative}` : `${base}/${relative}`;
}

/** Whether a link leads to a conversation of the realm, as Zulip writes it in a message. */
export function isNarrow(link: string): boolean {
  return NARROW.test(link);
}

/** Whether a browser opens a link as a page. */
export function isWebLink(link: string): boolean {
  return /^https?:\/\//i.test(link);
}
