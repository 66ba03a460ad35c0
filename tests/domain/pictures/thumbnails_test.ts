import assert from "node:assert/strict";
import {
  formsOf,
  missingForms,
  nameOf,
  type Picture,
  shownAs,
  type StoredThumbnail,
  withThumbnails,
} from "../../../lib/domain/pictures/thumbnails.ts";

const PICTURE: Picture = {
  ...{ id: 7, path: "2/ab/soup.png", contentType: "image/png" },
  ...{ width: 1280, height: 800, frames: 1, thumbnails: [] },
};
const STILL = "840x560.webp";
const MOVING = "840x560-anim.webp";
const LARGE = "4032x3024.webp";

function stored(name: string): StoredThumbnail {
  const [, width, height, animation] = /^(\d+)x(\d+)(-anim)?\./.exec(name) ?? [];
  return {
    ...{ extension: "webp", max_width: Number(width), max_height: Number(height) },
    ...{ animated: animation !== undefined, content_type: "image/webp" },
    ...{ width: 840, height: 525, byte_size: 1000 },
  };
}

const FORMS: readonly [about: Partial<Picture>, names: string[]][] = [
  [{}, [STILL]],
  [{ contentType: "image/gif", frames: 2 }, [MOVING, STILL]],
  [{ contentType: "image/heic" }, [STILL, LARGE]],
  [{ contentType: "image/tiff", width: 800, height: 800 }, [STILL, LARGE]],
  [{ contentType: "image/tiff", width: 800, height: 801 }, [STILL, "3024x4032.webp"]],
  [{ contentType: "image/tiff", frames: 3 }, [MOVING, STILL, LARGE]],
  [{ contentType: null, frames: 3 }, [MOVING, STILL]],
];

for (const [about, names] of FORMS) {
  Deno.test(`a picture with ${JSON.stringify(about)} has ${names.join()}`, () => {
    assert.deepEqual(formsOf({ ...PICTURE, ...about }).map(nameOf), names);
  });
}

const MISSING: readonly [about: Partial<Picture>, has: string[], lacks: string[]][] = [
  [{}, [], [STILL]],
  [{}, [STILL], []],
  [{}, ["300x200.webp"], [STILL]],
  [{ frames: 2 }, [STILL], [MOVING]],
  [{ frames: 2 }, [MOVING, STILL], []],
  [{ contentType: "image/heic" }, [STILL, MOVING], [LARGE]],
];

for (const [about, has, lacks] of MISSING) {
  Deno.test(`a picture with ${JSON.stringify(about)} that has ${has} lacks ${lacks}`, () => {
    const picture = { ...PICTURE, ...about, thumbnails: has.map(stored) };
    assert.deepEqual(missingForms(picture).map(nameOf), lacks);
  });
}

Deno.test("a thumbnail that is there already is not added", () => {
  const [still, moving] = [stored(STILL), stored(MOVING)];
  assert.deepEqual(withThumbnails([still], [{ ...still, byte_size: 1 }, moving]), [still, moving]);
});

const SHOWN: readonly [about: Partial<Picture>, has: string[], shown?: object][] = [
  [{}, [STILL], { thumbnail: STILL }],
  [{}, []],
  [{}, ["300x200.webp"]],
  [{ frames: 2 }, [STILL, MOVING], { thumbnail: MOVING, isAnimated: true }],
  [{ frames: 2 }, [STILL], { thumbnail: STILL, isAnimated: true }],
  [{ contentType: "image/heic" }, [STILL, LARGE], { thumbnail: STILL, transcoded: LARGE }],
  [{ contentType: "image/heic" }, [STILL], { thumbnail: STILL }],
  [{ contentType: "image/png" }, [STILL, LARGE], { thumbnail: STILL }],
  [{ contentType: "image/heic" }, [LARGE]],
];

for (const [about, has, shown] of SHOWN) {
  Deno.test(`with ${JSON.stringify(about)} and ${has}, messages show ${JSON.stringify(shown)}`, () => {
    const picture = { ...PICTURE, ...about, thumbnails: has.map(stored) };
    const { width, height, contentType } = picture;
    const common = { width, height, contentType, isAnimated: false, transcoded: undefined };
    assert.deepEqual(shownAs(picture), shown && { ...common, ...shown });
  });
}
