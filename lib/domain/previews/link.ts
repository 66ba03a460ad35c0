/**
 * Which links may have a preview.
 *
 * @module
 */

/** The most characters of a link that is previewed. */
const MOST = 2048;
/** The most different links of a message that are previewed; a message with more has no preview. */
const MOST_LINKS = 24;

const LABEL = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?";
const HOST = `(?:(?:${LABEL}\\.)+[a-z0-9-]{2,63}\\.?|\\d{1,3}(?:\\.\\d{1,3}){3})`;
const LINK = new RegExp(`^https?://${HOST}(?::\\d{1,5})?(?:[/?#]\\S*)?$`, "i");

/**
 * The address of a link that may have a preview: by `http:` or `https:`, on a host whose name has a
 * dot or that is an IPv4 address, without a user or blanks.
 *
 * @returns `undefined` for any other.
 */
export function previewableUrl(link: string): URL | undefined {
  if (link.length > MOST || !LINK.test(link)) return undefined;
  return URL.parse(link) ?? undefined;
}

/** The links of a message that may have a preview, each once; none where there are over 24. */
export function previewableLinks(links: readonly string[]): string[] {
  const different = [...new Set(links)];
  if (different.length > MOST_LINKS) return [];
  return different.filter((link) => previewableUrl(link) !== undefined);
}
