import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { isShownByBrowsers, pictureFormat } from "../../../lib/domain/pictures/formats.ts";

const HEADS: readonly [head: string, format: string | undefined][] = [
  ["GIF87a", "gif"],
  ["GIF89a\x01\0", "gif"],
  ["\xff\xd8\xff\xe0", "jpeg"],
  ["\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "png"],
  ["II*\0\x08\0\0\0", "tiff"],
  ["MM\0*\0\0\0\x08", "tiff"],
  ["RIFF\x10\0\0\0WEBPVP8 ", "webp"],
  ["RIFF\x10\0\0\0WAVEfmt ", undefined],
  ["\0\0\0\x18ftypheic\0\0\0\0mif1heic", "heic"],
  ["\0\0\0\x18ftypmif1\0\0\0\0mif1heic", "heic"],
  ["\0\0\0\x18ftypavif\0\0\0\0mif1miaf", "avif"],
  ["\0\0\0\x1cftypmsf1\0\0\0\0iso8avismif1", "avif"],
  ["\0\0\0\x14ftypmp42\0\0\0\0isom", undefined],
  ["\0\0\0\x14ftypmp42\0\0\0\0isomheic", undefined],
  ["\0\0\0\x04ftypheic", undefined],
  ["\xff\xd8", undefined],
  ["", undefined],
  ["hello, this is a text", undefined],
  ['<svg xmlns="http://www.w3.org/2000/svg"/>', undefined],
  ["<?xml version='1.0'?><svg/>", undefined],
  ["%PDF-1.7", undefined],
  ["push graphic-context", undefined],
  ["BM\x10\0\0\0", undefined],
];

for (const [head, format] of HEADS) {
  Deno.test(`a file that begins with ${JSON.stringify(head)} is ${format ?? "no picture"}`, () => {
    assert.equal(pictureFormat(Buffer.from(head, "latin1")), format);
  });
}

const TYPES: readonly [type: string | null, isShown: boolean][] = [
  ["image/avif", true],
  ["image/gif", true],
  ["image/jpeg", true],
  ["image/png", true],
  ["image/webp", true],
  [null, true],
  ["image/heic", false],
  ["image/tiff", false],
];

for (const [type, isShown] of TYPES) {
  Deno.test(`browsers ${isShown ? "" : "do not "}show ${type}`, () => {
    assert.equal(isShownByBrowsers(type), isShown);
  });
}
