import assert from "node:assert/strict";
import { MOST_BYTES, PageReader } from "../../../lib/domain/previews/page.ts";
import type { PageFacts } from "../../../lib/domain/previews/page_facts.ts";

const HTML = "text/html; charset=utf-8";
const bytesOf = (text: string) => new TextEncoder().encode(text);

/** Reads a page, which comes in pieces of a size. */
function read(page: string | Uint8Array, type?: string, size = Infinity): PageFacts | undefined {
  const reader = new PageReader(type);
  const bytes = typeof page === "string" ? bytesOf(page) : page;
  const step = Math.min(size, Math.max(bytes.length, 1));
  for (let at = 0; at < bytes.length; at += step) {
    if (reader.write(bytes.subarray(at, at + step)) === "enough") break;
  }
  return reader.end();
}

const facts = (title?: string, description?: string, image?: string): PageFacts => {
  return { title, description, image };
};

const meta = (property: string, content: string) =>
  `<meta property="${property}" content="${content}">`;
const page = (head: string, body = "") =>
  `<!DOCTYPE html>\n<html><head>${head}</head><body>${body}</body></html>`;

const SOUP = meta("og:title", "Soup") + meta("og:description", "Of the day") +
  meta("og:image", "https://i.example/soup.png");

const PAGES: readonly [title: string, page: string, facts: PageFacts | undefined][] = [
  ["Open Graph", page(SOUP), facts("Soup", "Of the day", "https://i.example/soup.png")],
  [
    "Open Graph before the page's own",
    page(`<title>No</title><meta name="description" content="no">${SOUP}`),
    facts("Soup", "Of the day", "https://i.example/soup.png"),
  ],
  [
    "the last of several",
    page(meta("og:title", "A") + meta("og:title", "B")),
    facts("B"),
  ],
  [
    "an image that cannot be used is skipped",
    page(meta("og:image", "/a.png") + meta("og:image", "http://[bad") + meta("og:image", "")),
    facts(undefined, undefined, "/a.png"),
  ],
  ["an image that is a script", page(meta("og:image", "javascript:alert(1)")), facts()],
  ["a property without content", page('<meta property="og:title"><title>T</title>'), facts("T")],
  ["a property in upper case", page('<META PROPERTY="OG:TITLE" CONTENT="T">'), facts("T")],
  ["an empty property", page(`${meta("og:title", " ")}<title>T</title>`), facts("T")],
  ["another property", page(meta("og:url", "https://x.example/")), facts()],
  [
    "a property with quotes and line ends",
    page(`<meta property='og:title' content='a "b"&#39;\n&lt;script&gt;'>`),
    facts('a "b"\' <script>'),
  ],
  ["a title", page("<title>Tea &amp; <b>cake</title>"), facts("Tea & <b>cake")],
  ["the first heading", page("", "<h1>Tea <b>and</b> cake</h1><h1>No</h1>"), facts("Tea and cake")],
  [
    "a title before a heading",
    page("<title>T</title>", "<h1>H</h1>"),
    facts("T"),
  ],
  [
    "a description",
    page('<meta name="Description" content="D"><meta name="description" content="E">'),
    facts(undefined, "D"),
  ],
  [
    "the paragraph behind the heading",
    page("<title>T</title>", "<p>before</p><h1>H</h1><div><p>be<i>hi</i>nd</p></div><p>no</p>"),
    facts("T", "behind"),
  ],
  ["the first paragraph", page("", "<p>one</p><p>two</p>"), facts(undefined, "one")],
  [
    "the image next to the heading",
    page("", '<img src="/no.png"><div><h1>H</h1><p></p><img alt=""><img src="/a.png"></div>'),
    facts("H", undefined, "/a.png"),
  ],
  [
    "an image deeper than the heading",
    page("", '<div><h1>H</h1><div><img src="/no.png"></div></div><img src="/no.png">'),
    facts("H"),
  ],
  ["an image within the heading", page("", '<h1><img src="/no.png">H</h1>'), facts("H")],
  [
    "without marks of head and body",
    `<!doctype html><title>T</title>${meta("og:image", "/a.png")}<p>D`,
    facts("T", "D", "/a.png"),
  ],
  [
    "a comment before the page",
    `<!-- x -->\n<html>${SOUP}`,
    facts("Soup", "Of the day", "https://i.example/soup.png"),
  ],
  ["XHTML", `<?xml version="1.0"?>\n<html xmlns="x"><title>T</title></html>`, facts("T")],
  ["no HTML", "just text that mentions a title", undefined],
  ["JSON", '{"title": "T"}', undefined],
  ["nothing", "", undefined],
];

for (const [title, html, expected] of PAGES) {
  Deno.test(`a page: ${title}`, () => {
    assert.deepEqual(read(html, HTML), expected);
  });
}

Deno.test("a page says the same however its bytes are divided", () => {
  const html = page(
    `<title>ä€😀 &amp;</title><meta property="og:image" content="/ä&amp;b.png">`,
    `<h1>H</h1><p>${"Länge ".repeat(400)}&lt;</p>`,
  );
  const whole = read(html, HTML);
  assert.equal(whole?.title, "ä€😀 &");
  for (const size of [1, 2, 3, 7, 64, 1023, 1024, 1025, 4096]) {
    assert.deepEqual(read(html, HTML, size), whole, String(size));
  }
});

const MAEHR = [0x4d, 0xe4, 0x68, 0x72];
/** `Mähr` in windows-1252 as the title of a page, with what tells the encoding before it. */
const latin = (before: string) =>
  new Uint8Array([...bytesOf(`<html>${before}<title>`), ...MAEHR, ...bytesOf("</title></html>")]);
const utf16 = (text: string) =>
  new Uint8Array(new Uint16Array([0xfeff, ...Array.from(text, (c) => c.charCodeAt(0))]).buffer);

const CHARSETS: readonly [title: string, bytes: Uint8Array, type: string | undefined][] = [
  ["in the header", latin(""), "text/html; charset=ISO-8859-1"],
  ["in the header, in quotes", latin(""), 'text/html;charset="windows-1252"; x=y'],
  ["in a meta element", latin('<meta charset="iso-8859-1">'), "text/html"],
  [
    "in a meta element of the old form",
    latin('<meta http-equiv="Content-Type" content="text/html; charset=latin1">'),
    undefined,
  ],
  ["not said, and not UTF-8", latin(""), undefined],
  ["that does not exist", latin(""), "text/html; charset=klingon"],
  ["by the mark of UTF-16", utf16("<html><title>Mähr</title></html>"), "text/html"],
  ["by the mark of UTF-8", bytesOf("\ufeff<html><title>Mähr</title></html>"), undefined],
  ["not said, and UTF-8", bytesOf("<html><title>Mähr</title></html>"), undefined],
  ["UTF-8 in the header", bytesOf("<html><title>Mähr</title></html>"), HTML],
];

for (const [title, bytes, type] of CHARSETS) {
  Deno.test(`the encoding of a page: ${title}`, () => {
    assert.equal(read(bytes, type)?.title, "Mähr");
  });
}

Deno.test("an encoding that nobody may use any more is not an error", () => {
  assert.equal(read("<html><title>T</title>", "text/html; charset=hz-gb-2312")?.title, "T");
});

Deno.test("Japanese pages are read", () => {
  const bytes = [0x93, 0xfa, 0x96, 0x7b];
  const sjis = new Uint8Array([...bytesOf("<html><title>"), ...bytes, ...bytesOf("</title>")]);
  assert.equal(read(sjis, "text/html; charset=Shift_JIS")?.title, "日本");
});

/** How many bytes of an endless page are read. */
function readEndless(start: string, more: string): [bytes: number, facts: PageFacts | undefined] {
  const reader = new PageReader(HTML);
  const piece = bytesOf(more.repeat(Math.ceil(16_384 / more.length)));
  let bytes = start.length;
  for (let state = reader.write(bytesOf(start)); state === "more"; bytes += piece.length) {
    state = reader.write(piece);
  }
  return [bytes, reader.end()];
}

Deno.test("a page whose head says all is read no further than that", () => {
  const [bytes, found] = readEndless(`<html><head>${SOUP}</head>`, "<div>more</div>");
  assert.deepEqual(found, facts("Soup", "Of the day", "https://i.example/soup.png"));
  assert(bytes < 40_000, `${bytes} bytes`);
});

Deno.test("a body is read no further than it can give what is missing", () => {
  const start = page("<title>T</title>", "<main><h1>H</h1></main>");
  const [bytes, found] = readEndless(start.replace("</body></html>", ""), "<div>more</div>");
  assert.deepEqual(found, facts("T"));
  assert(bytes < 40_000, `${bytes} bytes`);
});

const ENDLESS: readonly [title: string, start: string, more: string][] = [
  ["a body without what is missing", "<html><body>", "<div>more</div>"],
  ["a head", "<html><head><title>T</title>", '<meta name="x" content="y">'],
  ["a title", "<html><head><title>", "title "],
  ["an attribute", '<html><head><meta property="og:title" content="', "&quot;"],
  ["a tag", "<html><head><meta ", "a=b "],
  ["a comment", "<html><head><!--", "comment "],
  ["a script", "<html><head><script>", "let x; "],
  ["blanks", " ", " \n"],
];

for (const [title, start, more] of ENDLESS) {
  Deno.test(`an endless page is read to 1 MB: ${title}`, () => {
    const [bytes] = readEndless(start, more);
    assert(bytes <= MOST_BYTES + 32_768, `${bytes} bytes`);
  });
}

for (const element of ["<div>", "<div><b>", "<svg>", "<p>", "<blockquote class=x>"]) {
  Deno.test(`a million open elements are read to the thousandth: ${element}`, () => {
    const [bytes, found] = readEndless("<html><title>T</title>", element);
    assert.equal(found?.title, "T");
    assert(bytes < 100_000, `${bytes} bytes`);
  });
}

Deno.test("texts of a page are kept as far as they are shown", () => {
  const long = "x".repeat(500_000);
  const found = read(
    page(`<title>${long}</title>${meta("og:image", "/a.png")}`, `<p>${long}`),
    HTML,
  );
  assert.deepEqual([found?.title?.length, found?.description?.length], [300, 1000]);
});
