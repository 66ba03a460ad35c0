import assert from "node:assert/strict";
import { removePicture, showPicture } from "../../../lib/domain/pictures/placeholders.ts";
import type { ShownPicture } from "../../../lib/domain/pictures/thumbnails.ts";

const PATH = "2/ab/x-Y_1/soup.png";
const LOADER = "/static/images/loading/loader-black.svg";
const PICTURE: ShownPicture = {
  ...{ thumbnail: "840x560.webp", width: 1280, height: 800, contentType: "image/png" },
  ...{ isAnimated: false, transcoded: undefined },
};
const SHOWN = `data-original-content-type="image/png" data-original-dimensions="1280x800" ` +
  `src="/user_uploads/thumbnail/${PATH}/840x560.webp"`;

/** What Zulip renders for a picture without thumbnails. */
function container(path = PATH): string {
  return `<div class="message_inline_image"><a href="/user_uploads/${path}" title="Soup &amp; co">` +
    `<img class="image-loading-placeholder" data-original-content-type="image/png" ` +
    `data-original-dimensions="1280x800" src="${LOADER}"></a></div>`;
}

/** What it renders for one within the text. */
function inline(alt: string, path = PATH): string {
  return `<img alt="${alt}" class="inline-image image-loading-placeholder" ` +
    `data-original-content-type="image/png" data-original-dimensions="1280x800" ` +
    `data-original-src="/user_uploads/${path}" src="${LOADER}">`;
}

interface Case {
  readonly title: string;
  readonly html: string;
  readonly picture?: Partial<ShownPicture>;
  readonly path?: string;
  readonly shown: string;
  readonly removed: string;
}

const TEXT = `<p><a href="/user_uploads/${PATH}">soup.png</a> &quot;x&#39; é &unknown; <br/></p>\n`;

function same(title: string, html: string): Case {
  return { title, html, shown: html, removed: html };
}

const CASES: readonly Case[] = [
  {
    title: "a picture behind the text",
    html: TEXT + container() + "\n<p>more</p>",
    shown: `${TEXT}<div class="message_inline_image"><a href="/user_uploads/${PATH}" ` +
      `title="Soup &amp; co"><img ${SHOWN}></a></div>\n<p>more</p>`,
    removed: `${TEXT}\n<p>more</p>`,
  },
  {
    title: "another picture beside it",
    html: container("2/ab/other.png") + container(),
    shown: container("2/ab/other.png") +
      `<div class="message_inline_image"><a href="/user_uploads/${PATH}" ` +
      `title="Soup &amp; co"><img ${SHOWN}></a></div>`,
    removed: container("2/ab/other.png"),
  },
  {
    title: "a picture within the text",
    html: `<p>Look: ${inline("Soup &amp; bread")}!</p>`,
    shown: `<p>Look: <img alt="Soup &amp; bread" class="inline-image" ` +
      `data-original-content-type="image/png" data-original-dimensions="1280x800" ` +
      `data-original-src="/user_uploads/${PATH}" ` +
      `src="/user_uploads/thumbnail/${PATH}/840x560.webp">!</p>`,
    removed: `<p>Look: <a href="/user_uploads/${PATH}">Soup &amp; bread</a>!</p>`,
  },
  {
    title: "a picture within the text, whose alternative text is empty",
    html: inline(""),
    shown: inline("").replace(" image-loading-placeholder", "")
      .replace(LOADER, `/user_uploads/thumbnail/${PATH}/840x560.webp`),
    removed: `<a href="/user_uploads/${PATH}">soup.png</a>`,
  },
  {
    title: "a picture within a link of the text",
    html: `<a href="https://example.com">${inline("Soup")}</a>`,
    shown: `<a href="https://example.com">${
      inline("Soup").replace(" image-loading-placeholder", "")
        .replace(LOADER, `/user_uploads/thumbnail/${PATH}/840x560.webp`)
    }</a>`,
    removed: `<a href="https://example.com">Soup</a>`,
  },
  {
    title: "an animated picture without its size",
    html: `<div class="message_inline_image"><a href="/user_uploads/${PATH}">` +
      `<img class="image-loading-placeholder" src="${LOADER}"/></a></div>`,
    picture: { thumbnail: "840x560-anim.webp", contentType: "image/gif", isAnimated: true },
    shown: `<div class="message_inline_image"><a href="/user_uploads/${PATH}">` +
      `<img src="/user_uploads/thumbnail/${PATH}/840x560-anim.webp" ` +
      `data-original-dimensions="1280x800" data-original-content-type="image/gif" ` +
      `data-animated="true"></a></div>`,
    removed: "",
  },
  {
    title: "a picture that browsers do not show",
    html: container(),
    picture: { contentType: "image/heic", transcoded: "4032x3024.webp" },
    shown: `<div class="message_inline_image"><a href="/user_uploads/${PATH}" ` +
      `title="Soup &amp; co"><img ${SHOWN.replace("image/png", "image/heic")} ` +
      `data-transcoded-image="4032x3024.webp"></a></div>`,
    removed: "",
  },
  {
    title: "a path that is percent-encoded",
    html: container("2/ab/s%C3%BCp%26.png"),
    path: "2/ab/süp&.png",
    shown: container("2/ab/s%C3%BCp%26.png").replace('class="image-loading-placeholder" ', "")
      .replace(LOADER, "/user_uploads/thumbnail/2/ab/s%C3%BCp%26.png/840x560.webp"),
    removed: "",
  },
  {
    title: "a path with signs of HTML",
    html: container('2/ab/s&amp;&quot;"'.slice(0, -1)),
    path: '2/ab/s&"',
    shown: container("2/ab/s&amp;&quot;").replace('class="image-loading-placeholder" ', "")
      .replace(LOADER, "/user_uploads/thumbnail/2/ab/s&amp;&quot;/840x560.webp"),
    removed: "",
  },
  same("another picture", container("2/ab/other.png")),
  same("a picture of which only the beginning is the same", container(`${PATH}.png`)),
  same("an address that is not decoded", container("%E0%A4%A")),
  same("a picture elsewhere", container().replace("/user_uploads/", "https://x.example/u/")),
  same("a picture that is shown", container().replace("image-loading-placeholder", "x")),
  same("a placeholder outside of a container", container().replace("message_inline_image", "x")),
  same("a placeholder without a link", container().replace(/<a [^>]*>/, "<span>")),
  same("a container without an end", `<div><p>${container().replace("</div>", "")} and more`),
  same("nothing", ""),
];

for (const { title, html, picture, path = PATH, shown, removed } of CASES) {
  Deno.test(`a picture is shown: ${title}`, () => {
    const result = showPicture(html, path, { ...PICTURE, ...picture });
    assert.equal(result, shown);
    assert.equal(showPicture(result, path, { ...PICTURE, ...picture }), shown);
  });
  Deno.test(`a picture is removed: ${title}`, () => {
    assert.equal(removePicture(html, path), removed);
  });
}
