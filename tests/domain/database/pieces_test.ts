import assert from "node:assert/strict";
import { pieces } from "../../../lib/domain/database/pieces.ts";

Deno.test("a list is cut into pieces in its order, the last of them shorter", () => {
  const cases: [length: number, most: number, pieces: number[][]][] = [
    [0, 2, []],
    [1, 2, [[0]]],
    [4, 2, [[0, 1], [2, 3]]],
    [5, 2, [[0, 1], [2, 3], [4]]],
    [2, 5, [[0, 1]]],
  ];
  for (const [length, most, expected] of cases) {
    assert.deepEqual(pieces(Array.from({ length }, (_, at) => at), most), expected);
  }
});
