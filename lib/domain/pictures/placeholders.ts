/**
 * The places of pictures in the HTML of messages. Until a picture has its thumbnails, a placeholder is
 * there.
 *
 * @module
 */

import { escapeHtml, HtmlEdits, startTag } from "../messages/rendering/html_edits.ts";
import {
  type HtmlElement,
  type HtmlEnd,
  type HtmlVisitor,
  walkHtml,
} from "../messages/rendering/html_walk.ts";
import type { ShownPicture } from "./thumbnails.ts";

/** The class of a placeholder. */
export const PLACEHOLDER = "image-loading-placeholder";
const CONTAINER = "message_inline_image";
const INLINE = "inline-image";
const UPLOADS = "/user_uploads/";

/**
 * Shows a picture wherever a message has a placeholder of it, and leaves the rest of the message as
 * it is, byte for byte.
 *
 * @param html The HTML of the message.
 * @param path The place of the picture below the folder of uploaded files.
 * @returns The same HTML where it has no such placeholder.
 */
export function showPicture(html: string, path: string, picture: ShownPicture): string {
  return editPlaceholders(html, path, {
    inContainer: ({ image, spelling }, edits) => replace(image, shown(image, spelling), edits),
    inText: ({ image, spelling }, edits) => replace(image, shown(image, spelling), edits),
  });

  function shown({ attributes }: HtmlElement, spelling: string): string {
    const { thumbnail, width, height, contentType, isAnimated, transcoded } = picture;
    const values = new Map<string, string | undefined>(
      [...attributes].map(([name, { value }]) => [name, value]),
    );
    values.set("class", withoutPlaceholder(values.get("class")));
    values.set("src", `${UPLOADS}thumbnail/${spelling}/${thumbnail}`);
    values.set("data-original-dimensions", `${width}x${height}`);
    if (contentType !== null) values.set("data-original-content-type", contentType);
    if (isAnimated) values.set("data-animated", "true");
    if (transcoded !== undefined) values.set("data-transcoded-image", transcoded);
    return startTag("img", [...values]);
  }
}

/**
 * Removes a picture that cannot be shown wherever a message has a placeholder of it: with its
 * container, which repeats a link of the text, or by a link to it.
 *
 * @param html The HTML of the message.
 * @param path The place of the picture below the folder of uploaded files.
 * @returns The same HTML where it has no such placeholder.
 */
export function removePicture(html: string, path: string): string {
  return editPlaceholders(html, path, {
    inContainer: ({ start, end }, edits) => edits.replace(start, end, ""),
    inText: ({ image, spelling, isLinked }, edits) => {
      const alt = image.attributes.get("alt")?.value.trim() ?? "";
      const text = escapeHtml(alt === "" ? path.slice(path.lastIndexOf("/") + 1) : alt);
      const link = `${startTag("a", [["href", UPLOADS + spelling]])}${text}</a>`;
      replace(image, isLinked ? text : link, edits);
    },
  });
}

function replace({ start, contentStart }: HtmlElement, html: string, edits: HtmlEdits): void {
  edits.replace(start, contentStart, html);
}

function withoutPlaceholder(classes = ""): string | undefined {
  const others = classes.split(/\s+/).filter((name) => name !== "" && name !== PLACEHOLDER);
  return others.length > 0 ? others.join(" ") : undefined;
}

/** A placeholder of the picture. */
interface Placeholder {
  readonly image: HtmlElement;
  /** The path of the picture as the message spells it, which may be percent-encoded. */
  readonly spelling: string;
}

interface Editor {
  /** Edits one in a container, which is closed. */
  inContainer(
    placeholder: Placeholder & { readonly start: number; readonly end: number },
    edits: HtmlEdits,
  ): void;
  /** Edits one that is a part of the text. */
  inText(placeholder: Placeholder & { readonly isLinked: boolean }, edits: HtmlEdits): void;
}

function editPlaceholders(html: string, path: string, editor: Editor): string {
  const edits = new HtmlEdits(html);
  walkHtml(html, new Placeholders(path, editor, edits));
  return edits.result();
}

/** An open container. */
interface Container {
  readonly element: HtmlElement;
  found: Placeholder | undefined;
}

class Placeholders implements HtmlVisitor {
  readonly #path: string;
  readonly #editor: Editor;
  readonly #edits: HtmlEdits;
  #container: Container | undefined;
  /** The innermost open link. */
  #link: HtmlElement | undefined;

  constructor(path: string, editor: Editor, edits: HtmlEdits) {
    this.#path = path;
    this.#editor = editor;
    this.#edits = edits;
  }

  open(element: HtmlElement): void {
    const classes = classesOf(element);
    if (element.name === "a") this.#link = element;
    if (element.name === "div" && classes.includes(CONTAINER)) {
      this.#container = { element, found: undefined };
    }
    if (element.name !== "img" || !classes.includes(PLACEHOLDER)) return;
    if (this.#container) this.#foundIn(this.#container, element);
    else if (classes.includes(INLINE)) this.#foundInText(element);
  }

  close(element: HtmlElement, { end, isClosed }: HtmlEnd): void {
    if (element === this.#link) this.#link = undefined;
    if (element !== this.#container?.element) return;
    const { found } = this.#container;
    this.#container = undefined;
    if (!found || !isClosed) return;
    this.#editor.inContainer({ ...found, start: element.start, end }, this.#edits);
  }

  #foundIn(container: Container, image: HtmlElement): void {
    const spelling = this.#spellingIn(this.#link, "href");
    if (spelling !== undefined) container.found ??= { image, spelling };
  }

  #foundInText(image: HtmlElement): void {
    const spelling = this.#spellingIn(image, "data-original-src");
    if (spelling === undefined) return;
    this.#editor.inText({ image, spelling, isLinked: this.#link !== undefined }, this.#edits);
  }

  /** How an attribute spells the path of the picture; `undefined` where it is another address. */
  #spellingIn(element: HtmlElement | undefined, name: string): string | undefined {
    const url = element?.attributes.get(name)?.value;
    if (!url?.startsWith(UPLOADS)) return undefined;
    const spelling = url.slice(UPLOADS.length);
    return spelling === this.#path || decoded(spelling) === this.#path ? spelling : undefined;
  }
}

function classesOf({ attributes }: HtmlElement): readonly string[] {
  return attributes.get("class")?.value.split(/\s+/) ?? [];
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
