import assert from "node:assert/strict";
import fc from "fast-check";
import { tableBytes } from "../../../lib/engine/broker/header_table.ts";
import { anyHeaders, encodedTable } from "../../fixtures/header_tables.ts";

Deno.test("tableBytes is never less than what the table takes on the wire", () => {
  fc.assert(
    fc.property(anyHeaders, (headers) => {
      const encoded = encodedTable(headers).length;
      const counted = tableBytes(headers);
      assert(counted >= encoded, `${counted} counted, ${encoded} encoded`);
    }),
    { numRuns: 300 },
  );
});

Deno.test("tableBytes is exact for texts and tables of texts", () => {
  const headers = { a: "é", table: { b: "text", c: ["x", "yz"] } };
  assert.equal(tableBytes(headers), encodedTable(headers).length);
});
