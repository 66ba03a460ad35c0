import assert from "node:assert/strict";
import { readSharding } from "../../../lib/domain/realtime/sharding.ts";

Deno.test("the host of a realm decides, then a pattern, then the first port; users of one realm spread", () => {
  const today = {
    shard_map: { "a.example": 9801, "b.example": [9802, 9803] },
    shard_regexes: [["^c[0-9]*\\.example$", [9804]], ["b", 9805], ["c1", 9806]],
  };
  const rows: [value: unknown, host: string, user: number, port: number][] = [
    [today, "a.example", 7, 9801],
    [today, "b.example", 6, 9802],
    [today, "b.example", 7, 9803],
    [today, "C1.Example", 7, 9804],
    [today, "bb.example", 7, 9805],
    [today, "xb.example", 7, 9800],
    [today, "constructor", 7, 9800],
    [{ "a.example": 9801 }, "a.example", 7, 9801],
    [{}, "a.example", 7, 9800],
  ];
  for (const [value, host, user, port] of rows) {
    assert.equal(readSharding(value, 9800).portOf(host, user), port, `${host} ${user}`);
  }
});

Deno.test("a file that is something else is refused with the reason", () => {
  const rows: [value: unknown, error: RegExp][] = [
    [[], /no object of shard_map/],
    [{ shard_map: { a: "9801" } }, /no object of shard_map/],
    [{ shard_map: {}, shard_regexes: [["(", 9801]] }, /pattern "\(" is no regular expression/],
    [{ shard_map: { a: [] } }, /no object of shard_map/],
  ];
  for (const [value, error] of rows) assert.throws(() => readSharding(value, 9800), error);
});
