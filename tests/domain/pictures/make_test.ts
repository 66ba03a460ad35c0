/** Thumbnails of real pictures, which ImageMagick makes in this thread. */

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { MagickFormat } from "@imagemagick/magick-wasm";
import { makeThumbnails } from "../../../lib/domain/pictures/make.ts";
import type { PictureResult } from "../../../lib/domain/pictures/order.ts";
import { formsOf, nameOf } from "../../../lib/domain/pictures/thumbnails.ts";
import {
  animation,
  heic,
  look,
  picture,
  pngHeader,
  rgbProfile,
  type Seen,
  tinyFrames,
  turned,
} from "../../fixtures/pictures/pictures.ts";

interface About {
  readonly frames?: number;
  readonly contentType?: string;
}

/** Makes all thumbnails of a landscape. */
function make(bytes: Uint8Array<ArrayBuffer>, about: About = {}): PictureResult {
  const { frames = 1, contentType = "image/png" } = about;
  const forms = formsOf({ frames, contentType, width: 2, height: 1 });
  return makeThumbnails({ bytes, frames, forms });
}

const CORNERS = ["red", "blue", "blue", "blue"];
const STILL = { format: "WEBP", frames: 1, delay: 0, iterations: 0, profiles: [] } as const;

interface Case {
  readonly title: string;
  readonly bytes: () => Uint8Array<ArrayBuffer>;
  readonly about?: About;
  /** By the names of their files. */
  readonly seen: Readonly<Record<string, Partial<Seen>>>;
}

const CASES: readonly Case[] = [
  {
    title: "a PNG",
    bytes: () => picture(MagickFormat.Png, 900, 750),
    seen: { "840x560.webp": { width: 672, height: 560 } },
  },
  ...[MagickFormat.Jpeg, MagickFormat.WebP, MagickFormat.Avif].map((format) => ({
    title: `a ${format}`,
    bytes: () => picture(format, 90, 60),
    seen: { "840x560.webp": { width: 90, height: 60 } },
  })),
  {
    title: "a small picture, which does not grow",
    bytes: () => picture(MagickFormat.Png, 30, 20),
    seen: { "840x560.webp": { width: 30, height: 20 } },
  },
  {
    title: "a picture that is wide and low",
    bytes: () => picture(MagickFormat.Png, 4000, 40),
    seen: { "840x560.webp": { width: 840, height: 8 } },
  },
  {
    title: "a JPEG that is turned by 90 degrees",
    bytes: () => turned(picture(MagickFormat.Jpeg, 1800, 1200), 6),
    seen: { "840x560.webp": { width: 373, height: 560, corners: ["blue", "red", "blue", "blue"] } },
  },
  {
    title: "a JPEG that is turned by 180 degrees",
    bytes: () => turned(picture(MagickFormat.Jpeg, 90, 60), 3),
    seen: { "840x560.webp": { width: 90, height: 60, corners: ["blue", "blue", "red", "blue"] } },
  },
  {
    title: "a TIFF, which browsers do not show",
    bytes: () => picture(MagickFormat.Tiff, 4200, 210),
    about: { contentType: "image/tiff" },
    seen: {
      "4032x3024.webp": { width: 4032, height: 202 },
      "840x560.webp": { width: 840, height: 42 },
    },
  },
  {
    title: "a HEIC, which browsers do not show",
    bytes: heic,
    about: { contentType: "image/heic" },
    seen: {
      "4032x3024.webp": { width: 64, height: 48, corners: ["red", "white", "white", "white"] },
      "840x560.webp": { width: 64, height: 48, corners: ["red", "white", "white", "white"] },
    },
  },
  ...[MagickFormat.Gif, MagickFormat.WebP].map((format) => ({
    title: `an animated ${format}`,
    bytes: () => animation(format, { frames: 3, width: 1000, height: 100 }),
    about: { frames: 3 },
    seen: {
      "840x560-anim.webp": { width: 840, height: 84, frames: 3, delay: 7, iterations: 3 },
      "840x560.webp": { width: 840, height: 84 },
    },
  })),
  {
    title: "a TIFF of several pages, the first of which is shrunk twice",
    bytes: () => animation(MagickFormat.Tiff, { frames: 3, width: 4150, height: 60 }),
    about: { frames: 3, contentType: "image/tiff" },
    seen: {
      "4032x3024.webp": { width: 4032, height: 58 },
      "840x560-anim.webp": { width: 840, height: 12, frames: 3, delay: 10 },
      "840x560.webp": { width: 840, height: 12 },
    },
  },
  {
    title: "an animation whose row says that it is still",
    bytes: () => animation(MagickFormat.Gif, { frames: 3, width: 40, height: 30 }),
    seen: { "840x560.webp": { width: 40, height: 30 } },
  },
  {
    title: "a still picture whose row says that it is animated",
    bytes: () => picture(MagickFormat.Png, 40, 30),
    about: { frames: 3 },
    seen: {
      "840x560-anim.webp": { width: 40, height: 30 },
      "840x560.webp": { width: 40, height: 30 },
    },
  },
];

for (const { title, bytes, about, seen } of CASES) {
  Deno.test(`thumbnails are made of ${title}`, () => {
    const { made, problem } = make(bytes(), about);
    assert.equal(problem, undefined);
    const looked = made.map(({ form, bytes, width, height }) => {
      const seen = look(bytes);
      assert.deepEqual([seen.width, seen.height], [width, height]);
      return [nameOf(form), seen];
    });
    const expected = Object.entries(seen).map(([name, expected]) => [
      name,
      { ...STILL, corners: CORNERS, ...expected },
    ]);
    assert.deepEqual(looked, expected);
  });
}

const REFUSED: readonly [title: string, bytes: () => Uint8Array<ArrayBuffer>, reason: RegExp][] = [
  [
    "with 900 million pixels in its header",
    () => pngHeader(30_000, 30_000),
    /^it has 30000x30000; the limit is 90 million pixels$/,
  ],
  [
    "with 92 million pixels in 36 bytes",
    () => new Uint8Array(Buffer.from("UklGRhwAAABXRUJQVlA4TA8AAAAvf+VfCQcQ/Y/+ByKi/wEA", "base64")),
    /^it has 9600x9600; the limit is 90 million pixels$/,
  ],
  ["that is a text", () => new TextEncoder().encode("hello"), /^its file has none of the formats/],
  [
    "that is an SVG",
    () => new TextEncoder().encode('<svg xmlns="http://www.w3.org/2000/svg"></svg>'),
    /^its file has none of the formats/,
  ],
  ["without pixels", () => pngHeader(20, 10), /^\w[\w .]+$/],
  [
    "that is truncated",
    () => picture(MagickFormat.Png, 90, 60).slice(0, 100),
    /^UnexpectedEndOfFile$/,
  ],
  ["whose file is empty", () => new Uint8Array(), /^its file has none of the formats/],
  ["that is a truncated HEIC", () => heic().slice(0, 600), /^\w[\w .:()]+$/],
];

for (const [title, bytes, reason] of REFUSED) {
  Deno.test(`no thumbnail is made of a picture ${title}`, () => {
    const { made, problem } = make(bytes());
    assert.deepEqual(made, []);
    assert.match(problem ?? "", reason);
  });
}

Deno.test("no thumbnail is made of an animation whose canvas is over the limit", () => {
  const { made, problem } = make(tinyFrames(4001, 2500, 3), { frames: 3 });
  assert.deepEqual(made, []);
  assert.match(
    problem ?? "",
    /^it has 4001x2500 and 3 frames; the limit is 30 million pixels in 3/,
  );
});

Deno.test("a JPEG that is truncated has a thumbnail of what there is", () => {
  const jpeg = picture(MagickFormat.Jpeg, 90, 60);
  const { made, problem } = make(jpeg.slice(0, jpeg.length / 2));
  assert.deepEqual([made.length, problem], [1, undefined]);
});

Deno.test("a thumbnail has the profile of the colors, and nothing else of the picture", () => {
  const bytes = turned(
    picture(MagickFormat.Jpeg, 300, 200, (image) => {
      image.setProfile("icc", rgbProfile());
      image.comment = "At home";
    }),
    1,
  );
  const [thumbnail] = make(bytes).made;
  assert.deepEqual(thumbnail && look(thumbnail.bytes).profiles, ["icc"]);
});

Deno.test("a thumbnail of a picture for printers has the colors of screens", () => {
  const bytes = picture(MagickFormat.Jpeg, 30, 20, (image) => {
    image.colorSpace = 2; // CMYK
  });
  const [thumbnail] = make(bytes).made;
  assert.deepEqual(thumbnail && look(thumbnail.bytes).corners, CORNERS);
});
