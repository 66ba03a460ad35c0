import assert from "node:assert/strict";
import { parseEnvFile } from "../../lib/config/env_file.ts";

/** As systemd's load_env_file reads them. */
const VALUES: readonly [text: string, value: string][] = [
  ["A=b", "b"],
  ["A=", ""],
  ["A = b ", "b"],
  ["  A=b", "b"],
  ["export A=b", "b"],
  ["A=b=c", "b=c"],
  ["A=b c", "b c"],
  ["A=p#ss", "p#ss"],
  ["A=#ss", "#ss"],
  ['A="b # c"', "b # c"],
  ["A='b \"c\" \\n $d'", 'b "c" \\n $d'],
  ['A="b\\"c\\\\d\\$e\\n"', 'b"c\\d$e\\n'],
  ['A="b\nc"', "b\nc"],
  ["A='b'\"c\" d", "bcd"],
  ['A=b"c"', 'b"c"'],
  ["A=it's", "it's"],
  ["A=b\\\nc", "bc"],
  ["A=b\\ c\\\\d", "b c\\d"],
  ["A=b\\", "b\\"],
  ["A=b\r\n", "b"],
  ["A=1\nA=b", "b"],
];

for (const [text, value] of VALUES) {
  Deno.test(`.env: ${JSON.stringify(text)} sets ${JSON.stringify(value)}`, () => {
    const { entries, mistakes } = parseEnvFile(text);
    assert.deepEqual(mistakes, []);
    assert.deepEqual(entries.map(({ name }) => name), entries.map(() => "A"));
    assert.equal(entries.at(-1)?.value, value);
  });
}

const SECRET = "hunter2";
const MISTAKES: readonly [text: string, wrong: string][] = [
  [SECRET, "is not NAME=value"],
  [`A: ${SECRET}`, "is not NAME=value"],
  [`my-name=${SECRET}`, "is not NAME=value"],
  [`\u200bA=${SECRET}`, "is not NAME=value"],
  [`A="${SECRET}`, "has a quote that is not closed"],
  [`A="b"'${SECRET}`, "has a quote that is not closed"],
  [`A=${SECRET} # b`, "has a # after a blank, which begins no comment here"],
  [`A= # ${SECRET}`, "has a # after a blank, which begins no comment here"],
  [`A="${SECRET}" # b`, "has a # after a blank, which begins no comment here"],
];

for (const [text, wrong] of MISTAKES) {
  Deno.test(`.env: ${JSON.stringify(text)} ${wrong}, and is not shown`, () => {
    const { entries, mistakes } = parseEnvFile(`# first\n\nB="2\n3"\n; C\n${text}\nD=4\n`);
    assert.deepEqual(entries, [
      { name: "B", value: "2\n3", line: 3 },
      { name: "D", value: "4", line: 7 },
    ]);
    assert.deepEqual(mistakes.map(({ line, wrong }) => ({ line, wrong })), [{ line: 6, wrong }]);
    assert(!JSON.stringify(mistakes).includes(SECRET));
  });
}
