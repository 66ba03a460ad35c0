/**
 * Answers of oEmbed providers (https://oembed.com).
 *
 * @module
 */

import { startTag } from "../messages/rendering/html_edits.ts";
import { type HtmlElement, walkHtml } from "../messages/rendering/html_walk.ts";
import {
  descriptionOf,
  imageUrl,
  type LinkPreview,
  type PreviewTexts,
  titleOf,
} from "./preview.ts";

/** The largest embedded player, in pixels. */
export const MOST_WIDTH = 640;
/** The same for its height. */
export const MOST_HEIGHT = 480;

/** What an oEmbed provider says of a link. */
export type OembedAnswer =
  | Extract<LinkPreview, { readonly kind: "photo" | "video" }>
  /** Neither a photo nor a video: the page has the rest. */
  | PreviewTexts & { readonly kind: "texts" };

/**
 * Reads an answer.
 *
 * @param json Its body.
 * @param link The link that it is about, which addresses in it are relative to.
 * @returns `undefined` where it is not what it must be.
 */
export function readOembed(json: string, link: string): OembedAnswer | undefined {
  const data = objectOf(json);
  if (!data) return undefined;
  const text = (name: string) => typeof data[name] === "string" ? data[name] : undefined;
  const texts = { title: titleOf(text("title")), description: descriptionOf(text("description")) };
  if (text("type") === "photo") {
    const image = imageUrl(text("url") ?? text("image"), link);
    if (image !== undefined) return { kind: "photo", image, ...texts };
  }
  if (text("type") === "video") {
    const image = imageUrl(text("thumbnail_url"), link);
    const html = playerHtml(text("html") ?? "", link);
    if (image !== undefined && html !== undefined) return { kind: "video", image, html, ...texts };
  }
  return { kind: "texts", ...texts };
}

function objectOf(json: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const data: unknown = JSON.parse(json);
    return typeof data === "object" && data !== null && !Array.isArray(data)
      ? data as Record<string, unknown>
      : undefined;
  } catch {
    return undefined;
  }
}

/** The attributes of a player that stay, besides its address. */
const KEPT = ["width", "height", "title"] as const;

/**
 * The player of a video: of what the provider sends, only one `<iframe>` with an address by `https:`
 * stays, with nothing that runs a script or changes how it looks.
 *
 * @param html What the provider sends.
 * @param link What addresses in it are relative to.
 * @returns `undefined` where there is no such `<iframe>`.
 */
export function playerHtml(html: string, link: string): string | undefined {
  let player: string | undefined;
  walkHtml(withoutCdata(html), {
    open(element) {
      if (element.name !== "iframe") return;
      player = iframeOf(element, link);
      return player === undefined ? undefined : "stop";
    },
  });
  return player;
}

/** Some providers wrap their HTML as in XML. */
function withoutCdata(html: string): string {
  return html.trim().replace(/^<!\[CDATA\[/, "").replace(/\]\]>$/, "");
}

function iframeOf({ attributes }: HtmlElement, link: string): string | undefined {
  const src = imageUrl(attributes.get("src")?.value, link);
  if (!src?.startsWith("https:")) return undefined;
  const kept = KEPT.map((name) => [name, keptValue(name, attributes.get(name)?.value)] as const);
  return `${startTag("iframe", [["src", src], ...kept, ["allowfullscreen", ""]])}</iframe>`;
}

function keptValue(name: typeof KEPT[number], value: string | undefined): string | undefined {
  if (name === "title") return titleOf(value);
  return value !== undefined && /^\d{1,4}(px|%)?$/.test(value) ? value : undefined;
}
