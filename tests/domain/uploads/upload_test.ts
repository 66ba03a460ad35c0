import assert from "node:assert/strict";
import { safeName, uploadLink, uploadOf } from "../../../lib/domain/uploads/upload.ts";

const NAMES: readonly (readonly [name: string, safe: string])[] = [
  ["soup.png", "soup.png"],
  ["../../etc/passwd", "etcpasswd"],
  ["Bericht für März (2).pdf", "Bericht-für-März-2.pdf"],
  [".hidden", "hidden"],
  ["..", "uploaded-file"],
  ["", "uploaded-file"],
  ["メモ　１.txt", "メモ-1.txt"],
  [`${"a".repeat(100)}.txt`, `${"a".repeat(56)}.txt`],
];

for (const [name, safe] of NAMES) {
  Deno.test(`the name of a file on the disk: ${JSON.stringify(name)}`, () => {
    assert.equal(safeName(name), safe);
    assert(new TextEncoder().encode(safe).length < 255);
  });
}

Deno.test("a file has the same place when it is stored again, and others have others", () => {
  const file = { name: "a.txt", contentType: "text/plain", bytes: new Uint8Array([1]) };
  const { pathId } = uploadOf(file, 2, "mail 1");
  assert.match(pathId, /^2\/[0-9a-f]{1,2}\/[\w-]{24}\/a\.txt$/);
  assert.equal(uploadOf(file, 2, "mail 1").pathId, pathId);
  assert.notEqual(uploadOf(file, 2, "mail 2").pathId, pathId);
});

Deno.test("a name is no Markdown in its link", () => {
  const link = uploadLink({ name: "a]*b*\n[c`.txt", pathId: "2/a/b/c.txt" });
  assert.equal(link, "[a\\]\\*b\\* \\[c\\`.txt](/user_uploads/2/a/b/c.txt)");
});
