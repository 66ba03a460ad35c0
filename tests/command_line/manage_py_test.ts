import assert from "node:assert/strict";
import { parse } from "../fixtures/command_line.ts";

const ZULIPS: readonly [line: string, own: string, ignored: string][] = [
  [
    "process_queue --queue_name=user_activity --skip-checks",
    "--queue_name=user_activity",
    "process_queue, --skip-checks",
  ],
  [
    "process_queue --queue_name=user_activity --skip-checks --worker_num 2",
    "--queue_name=user_activity --worker_num 2",
    "process_queue, --skip-checks",
  ],
  [
    "process_queue --multi_threaded a b --skip-checks",
    "--multi_threaded a b",
    "process_queue, --skip-checks",
  ],
  [
    "process_queue --all --settings=zproject.test_settings --automated",
    "--all",
    "process_queue, --settings, --automated",
  ],
  [
    "--settings a.b --pythonpath . -v 2 --queue a",
    "--queue a",
    "--settings, --pythonpath, --verbosity",
  ],
  ["--settings=x process_queue --queue a", "--queue a", "process_queue, --settings"],
  [
    "--settings x --skip_checks -v 2 -v3 process_queue --queue a --no-color",
    "--queue a",
    "process_queue, --settings, --skip-checks, --verbosity, --no-color",
  ],
  ["--pythonpath=. --verbosity=0 -v3 --queue a", "--queue a", "--pythonpath, --verbosity"],
  [
    "--queue a --traceback --no-traceback --no-color --force-color --no-automated --skip_checks",
    "--queue a",
    "--traceback, --no-traceback, --no-color, --force-color, --no-automated, --skip-checks",
  ],
];

for (const [line, own, ignored] of ZULIPS) {
  Deno.test(`parseCommandLine reads "${line}", as Zulip's manage.py does`, () => {
    const warnings = [`ignored, as only Zulip's manage.py needs it: ${ignored}`];
    assert.deepEqual(parse(line), { ...parse(own), warnings });
  });
}

Deno.test("parseCommandLine takes process_queue behind options of manage.py only", () => {
  assert.throws(() => parse("--all process_queue"), /there is no command process_queue/);
  assert.throws(() => parse("--settings process_queue x"), /there is no command x/);
  assert.throws(() => parse("process_queue process_queue"), /there is no command process_queue/);
});
