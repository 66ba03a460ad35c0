import assert from "node:assert/strict";
import { sql } from "kysely";
import { arrayLiteral } from "../../../lib/domain/database/array_literal.ts";
import { connectDatabase } from "../../../lib/domain/database/database.ts";
import { postgresTest } from "../../servers.ts";

Deno.test("an array is written as PostgreSQL reads it", () => {
  assert.equal(arrayLiteral([]), "{}");
  assert.equal(arrayLiteral([1, -2.5, null]), "{1,-2.5,NULL}");
  assert.equal(arrayLiteral(["a", null, 'b "c" \\d']), '{"a",NULL,"b \\"c\\" \\\\d"}');
});

postgresTest("PostgreSQL reads every text of an array as it was", async ({ url }) => {
  await using db = await connectDatabase(url);
  const texts = [
    "",
    "NULL",
    "{a,b}",
    'a"b',
    "\\",
    "\\\\n",
    "line\nbreak\t",
    " ü😀 ",
    "'; --",
    "$1",
  ];
  const query = sql<{ texts: string[] }>`select ${arrayLiteral(texts)}::text[] as texts`;
  assert.deepEqual((await query.execute(db)).rows, [{ texts }]);
});
