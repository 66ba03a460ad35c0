/**
 * Previews as Zulip's clients show them.
 *
 * @module
 */

import { escapeHtml, startTag } from "../messages/rendering/html_edits.ts";
import { type Camo, camoUrl } from "./camo.ts";
import type { LinkPreview } from "./preview.ts";

/** The class of a page's preview. */
export const PAGE_CLASS = "message_embed";
/** The class of an image's or video's preview, those of Zulip's own rendering among them. */
export const IMAGE_CLASS = "message_inline_image";

/**
 * The HTML of a preview.
 *
 * @param link Where it leads to.
 * @returns `undefined` where there is no image: such a preview is not shown.
 */
export function previewHtml(
  link: string,
  preview: LinkPreview,
  camo: Camo | undefined,
): string | undefined {
  if (preview.image === undefined) return undefined;
  const image = camoUrl(preview.image, camo);
  switch (preview.kind) {
    case "photo":
      return imageHtml(IMAGE_CLASS, [["href", link], ["title", preview.title]], image);
    case "video":
      return imageHtml(`embed-video ${IMAGE_CLASS}`, [
        ["data-id", preview.html],
        ["href", link],
        ["title", preview.title],
      ], image);
    case "page":
      return pageHtml(link, preview, image);
  }
}

function imageHtml(
  className: string,
  attributes: readonly (readonly [name: string, value: string | undefined])[],
  image: string,
): string {
  const anchor = startTag("a", attributes);
  return `${startTag("div", [["class", className]])}${anchor}${
    startTag("img", [["src", image]])
  }</a></div>`;
}

function pageHtml(
  link: string,
  { title, description }: LinkPreview,
  image: string,
): string {
  const picture = startTag("a", [
    ["class", "message_embed_image"],
    ["href", link],
    ["style", `background-image: url("${cssText(image)}")`],
  ]);
  const anchor = startTag("a", [["href", link], ["title", title]]);
  const texts = [
    title === undefined ? "" : division("message_embed_title", `${anchor}${escapeHtml(title)}</a>`),
    description === undefined ? "" : division("message_embed_description", escapeHtml(description)),
  ];
  const data = division("data-container", texts.join(""));
  return division(PAGE_CLASS, `${picture}</a>${data}`);
}

function division(className: string, html: string): string {
  return `${startTag("div", [["class", className]])}${html}</div>`;
}

/** Text within double quotes in CSS. */
export function cssText(text: string): string {
  return text.replaceAll(/[\\"]/g, "\\$&").replaceAll(/\r\n?|[\n\f]/g, "\\a ");
}
