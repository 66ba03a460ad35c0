import assert from "node:assert/strict";
import {
  existsSync,
  mkdirSync,
  readFileSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { UploadMissing, Uploads, UploadsUnavailable } from "../../../lib/domain/uploads/uploads.ts";
import { filesIn } from "../../fixtures/files_in.ts";
import { withFolder } from "../../fixtures/process/program_fixture.ts";

const PATH = "2/ab/soup.png";
const NAME = "840x560.webp";
const MOST_BYTES = 1000;

/** The paths of all files below a folder. */
function pathsIn(folder: string): string[] {
  return [...filesIn(folder)].map(({ path }) => path.slice(folder.length + 1)).sort();
}

function uploadsTest(
  name: string,
  test: (uploads: Uploads, folder: string) => Promise<void>,
): void {
  Deno.test(name, () =>
    withFolder(async (folder) => {
      mkdirSync(`${folder}/files/2/ab`, { recursive: true });
      writeFileSync(`${folder}/files/${PATH}`, "soup");
      await test(new Uploads(folder), folder);
    }));
}

uploadsTest("a file is read", async (uploads) => {
  assert.equal(new TextDecoder().decode(await uploads.read(PATH, MOST_BYTES)), "soup");
});

uploadsTest("a file over the limit is not read", async (uploads, folder) => {
  truncateSync(`${folder}/files/${PATH}`, MOST_BYTES + 1);
  assert.equal(await uploads.read(PATH, MOST_BYTES), undefined);
});

uploadsTest("a file that is not there is named by its folder", async (uploads, folder) => {
  await assert.rejects(uploads.read("2/ab/secret.png", MOST_BYTES), (error) => {
    assert(error instanceof UploadMissing);
    assert.equal(
      error.message,
      `An uploaded file cannot be read from ${folder}/files (ENOENT): put it back there, or set ` +
        "LOCAL_UPLOADS_DIR to the folder of the uploads",
    );
    return true;
  });
});

Deno.test("a folder that is not there is unavailable", async () => {
  await assert.rejects(new Uploads("/nowhere/uploads").read(PATH, MOST_BYTES), (error) => {
    assert(error instanceof UploadsUnavailable);
    assert.equal(
      error.message,
      "LOCAL_UPLOADS_DIR, /nowhere/uploads, cannot be used (ENOENT): make it a folder that " +
        "this program may read and write, with space on its disk",
    );
    return true;
  });
});

for (const path of ["../x", "2/../../x", "/etc/passwd", "2//x", "2/./x", "", "2/\0"]) {
  uploadsTest(`the path ${JSON.stringify(path)} is refused`, async (uploads, folder) => {
    const error = { name: "RangeError", message: /^A path_id leads out of the folder .*\/files: / };
    await assert.rejects(uploads.read(path, MOST_BYTES), error);
    await assert.rejects(uploads.storeThumbnail(path, NAME, new Uint8Array(1)), error);
    await assert.rejects(uploads.storeFile(path, new Uint8Array(1)), error);
    await assert.rejects(uploads.removeFile(path), error);
    await assert.rejects(uploads.removeThumbnails(path, [NAME]), error);
    assert.deepEqual(pathsIn(folder), [`files/${PATH}`]);
  });
}

uploadsTest("a thumbnail is stored, in place of one that is there", async (uploads, folder) => {
  await uploads.storeThumbnail(PATH, NAME, new Uint8Array([1, 2, 3]));
  await uploads.storeThumbnail(PATH, NAME, new Uint8Array([4, 5]));
  const file = `files/thumbnail/${PATH}/${NAME}`;
  assert.deepEqual(pathsIn(folder), [`files/${PATH}`, file]);
  assert.deepEqual([...readFileSync(`${folder}/${file}`)], [4, 5]);
});

uploadsTest("a file is stored whole, again too, and removed", async (uploads, folder) => {
  const path = "2/cd/secret/beans.txt";
  await uploads.storeFile(path, new Uint8Array([1, 2, 3]));
  await uploads.storeFile(path, new Uint8Array([4, 5]));
  assert.deepEqual(pathsIn(folder), [`files/${PATH}`, `files/${path}`]);
  assert.deepEqual([...readFileSync(`${folder}/files/${path}`)], [4, 5]);
  await uploads.removeFile(path);
  assert.deepEqual(pathsIn(folder), [`files/${PATH}`]);
  await uploads.removeFile(path);
});

uploadsTest("thumbnails are removed", async (uploads, folder) => {
  await uploads.storeThumbnail(PATH, NAME, new Uint8Array(1));
  await uploads.removeThumbnails(PATH, [NAME, "4032x3024.webp"]);
  assert.deepEqual(pathsIn(folder), [`files/${PATH}`]);
});

uploadsTest(
  "a thumbnail whose folder is a file is an error of that picture",
  async (uploads, folder) => {
    mkdirSync(`${folder}/files/thumbnail/2/ab`, { recursive: true });
    writeFileSync(`${folder}/files/thumbnail/${PATH}`, "");
    await assert.rejects(uploads.storeThumbnail(PATH, NAME, new Uint8Array(1)), (error) => {
      return !(error instanceof UploadsUnavailable);
    });
  },
);

uploadsTest(
  "what killed processes left unfinished is removed after an hour",
  async (uploads, folder) => {
    const now = Date.now();
    const lefts = ["", "/thumbnail"].map((below) => `${folder}/files${below}/.unfinished`);
    for (const left of lefts) {
      mkdirSync(left, { recursive: true });
      for (const name of ["old", "new"]) writeFileSync(`${left}/${name}`, "");
      utimesSync(`${left}/old`, new Date(now), new Date(now - 3_600_001));
    }
    await uploads.removeUnfinished(now);
    for (const left of lefts) {
      assert.deepEqual(["old", "new"].map((name) => existsSync(`${left}/${name}`)), [false, true]);
    }
  },
);

uploadsTest("a folder that nobody may write to is unavailable", async (uploads, folder) => {
  // The kernel makes no folder there for anybody.
  symlinkSync("/sys", `${folder}/files/thumbnail`);
  await assert.rejects(uploads.storeThumbnail(PATH, NAME, new Uint8Array(1)), (error) => {
    assert(error instanceof UploadsUnavailable);
    assert.match(
      error.message,
      /^LOCAL_UPLOADS_DIR, .+, cannot be used \(E\w+\): make it a folder that this program may read and write/,
    );
    return true;
  });
});

Deno.test("where nothing is unfinished, nothing is removed", async () => {
  await new Uploads("/nowhere/uploads").removeUnfinished(Date.now());
});
