import assert from "node:assert/strict";
import { ZULIP_TABLES } from "../../../lib/domain/database/tables/all.ts";
import { EXPORTED, NOT_EXPORTED } from "../../../lib/domain/exports/exported_tables.ts";

Deno.test("of every table somebody has decided whether exports have it", () => {
  const decided = [...EXPORTED.map(({ name }) => name), ...Object.keys(NOT_EXPORTED)];
  assert.deepEqual(decided.toSorted(), Object.keys(ZULIP_TABLES).sort());
});

for (const { name, shared, private: own, never = [] } of EXPORTED) {
  Deno.test(`of every column of ${name} somebody has decided whether exports have it`, () => {
    const { columns } = ZULIP_TABLES[name as keyof typeof ZULIP_TABLES];
    const decided = [...shared, ...own?.columns ?? [], ...never];
    assert.deepEqual(decided.toSorted(), Object.keys(columns).sort());
  });
}

Deno.test("no export has a column whose name is that of a secret", () => {
  const exported = EXPORTED.flatMap(({ name, shared, private: own }) =>
    [...shared, ...own?.columns ?? []].map((column) => `${name}.${column}`)
  );
  const secret = exported.filter((name) => /password|secret|token|api_?key|_key$/.test(name));
  assert.deepEqual(secret, []);
});
