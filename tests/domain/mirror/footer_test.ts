import assert from "node:assert/strict";
import { withoutFooter } from "../../../lib/domain/mirror/footer.ts";

const CASES: readonly (readonly [what: string, text: string, own: string])[] = [
  ["none", "Hello\n\nBen", "Hello\n\nBen"],
  ["below --", "Hello\n\n--\nBen\nKitchens", "Hello"],
  ["below -- and a blank", "Hello\n-- \nBen", "Hello"],
  ["two lines of --", "Hello\n--\nBen\n--\nCy", "Hello\n--\nBen\n--\nCy"],
  ["dashes in a line", "Hello -- Ben\n---\nBen", "Hello -- Ben\n---\nBen"],
  [
    "a mailing list's",
    `Hello\n\n${"_".repeat(47)}\nKitchen mailing list\nhttps://lists.example/listinfo/kitchen`,
    "Hello",
  ],
  ["a line of underscores", `Hello\n${"_".repeat(47)}\nBen`, `Hello\n${"_".repeat(47)}\nBen`],
];

for (const [what, text, own] of CASES) {
  Deno.test(`footers: ${what}`, () => assert.equal(withoutFooter(text), own));
}
