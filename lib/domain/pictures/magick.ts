/**
 * ImageMagick, as WebAssembly. Only the thread of `picture_thread.ts` loads it: it takes 15 MB and a
 * third of a second.
 *
 * @module
 */

import {
  initializeImageMagick,
  MagickColors,
  MagickFormat,
  MagickImage,
  ResourceLimits,
} from "@imagemagick/magick-wasm";
import { readPackageFile } from "../../system/package_file.ts";
import { MOST_FRAMES } from "./limits.ts";

/** For all pixels of a picture with all its frames, in bytes. A picture may take it several times. */
const AREA_BYTES = 512n * 1024n ** 2n;
/** For all pictures at once, in bytes. */
const MEMORY_BYTES = 1024n ** 3n;
/** For each side of a picture, in pixels. */
const MOST_SIDE = 100_000n;
/** GIF's decoder needs room for one more, and WebP's takes one more than it is asked for. */
const MORE_FRAMES = 2;

let loading: Promise<void> | undefined;

/** Loads it, and sets its limits, once in a thread. */
export function loadMagick(): Promise<void> {
  return loading ??= load();
}

async function load(): Promise<void> {
  const file = import.meta.resolve("@imagemagick/magick-wasm/magick.wasm");
  await initializeImageMagick(readPackageFile(file));
  ResourceLimits.width = MOST_SIDE;
  ResourceLimits.height = MOST_SIDE;
  ResourceLimits.area = AREA_BYTES;
  ResourceLimits.maxMemoryRequest = AREA_BYTES;
  ResourceLimits.memory = MEMORY_BYTES;
  ResourceLimits.listLength = BigInt(MOST_FRAMES + MORE_FRAMES);
  // What does not fit would go on in a file, which is memory here.
  ResourceLimits.disk = 0n;
}

/** The memory of the WebAssembly module, in bytes. */
export function magickMemory(): number {
  const image = MagickImage.create(MagickColors.Black, 1, 1);
  try {
    return image.write(MagickFormat.Rgb, ({ buffer }) => buffer.byteLength);
  } finally {
    image.dispose();
  }
}
