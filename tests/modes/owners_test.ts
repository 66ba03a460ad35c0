import assert from "node:assert/strict";
import { foreignFiles, rootWarning } from "../../lib/modes/owners.ts";

const OTHER = 4711;

/** A folder with a file, both of this user. */
async function withFolder(test: (folder: string, uid: number) => void): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "pq-owners-" });
  try {
    await Deno.writeTextFile(`${folder}/broker.sqlite`, "");
    test(folder, (await Deno.stat(folder)).uid ?? 0);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("foreignFiles names the files of another user, unless root asks", async () => {
  await withFolder((folder, uid) => {
    assert.equal(foreignFiles(folder, uid), undefined);
    assert.equal(foreignFiles(folder, 0), undefined);
    assert.equal(
      foreignFiles(folder, OTHER),
      `files in ${folder} belong to another user: broker.sqlite`,
    );
    assert.equal(foreignFiles(`${folder}/none`, OTHER), undefined);
  });
});

Deno.test({
  name: "rootWarning names the folder of another user and its owner",
  ignore: Deno.uid() !== 0,
  fn: async () => {
    await withFolder((folder) => {
      assert.equal(rootWarning([folder], 0), undefined);
      Deno.chownSync(folder, OTHER, OTHER);
      assert.equal(
        rootWarning(["/", folder], 0),
        `root works in ${folder}, which belongs to the user with the id 4711: files that it makes ` +
          "there cannot be written by that user. Use sudo -u '#4711'",
      );
      assert.equal(rootWarning([folder], OTHER), undefined);
      assert.equal(rootWarning(["/nowhere"], 0), undefined);
    });
  },
});
