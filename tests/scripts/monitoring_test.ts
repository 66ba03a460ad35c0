import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { QueueMeasures } from "../../lib/monitoring/measures.ts";
import { metricsText } from "../../lib/monitoring/metrics.ts";
import { promtool, promtoolTest } from "../fixtures/promtool.ts";
import { withFolder } from "../fixtures/process/program_fixture.ts";
import { exampleSnapshot } from "../fixtures/server/fake_control.ts";

const FOLDER = fileURLToPath(new URL("../../scripts/monitoring/", import.meta.url));

interface Panel {
  readonly type: string;
  readonly title: string;
  readonly targets?: readonly { readonly expr: string }[];
}

interface Dashboard {
  readonly uid: string;
  readonly tags: readonly string[];
  readonly panels: readonly Panel[];
  readonly templating: { readonly list: readonly { readonly name: string }[] };
}

const dashboard: Dashboard = JSON.parse(Deno.readTextFileSync(`${FOLDER}grafana.json`));
const expressions = dashboard.panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));
const rules = Deno.readTextFileSync(`${FOLDER}rules.yml`);

/** The names of all metrics that a process has. */
function metricNames(): Set<string> {
  const text = metricsText({
    snapshot: exampleSnapshot(),
    measures: new Map([["mails", new QueueMeasures(0)]]),
    samples: new Map(),
    mostQueues: 200,
    process: { revision: "", deno: "2.9.6", cpuSeconds: 0, openFiles: 0 },
  }, "prometheus");
  const names = [...text.matchAll(/^# TYPE (\w+) (\w+)$/gm)].flatMap(([, name = "", type]) =>
    type === "histogram" ? ["_bucket", "_sum", "_count"].map((end) => name + end) : [name]
  );
  return new Set(names);
}

Deno.test("rules and dashboard use only metrics that the program has", () => {
  const known = metricNames();
  for (const text of [rules, ...expressions]) {
    const used = text.match(/\bprocess_(?:queue_)?\w+/g) ?? [];
    for (const name of used) assert(known.has(name), name);
  }
});

Deno.test("the dashboard can be imported anywhere: it has a fixed uid and variables", () => {
  assert.equal(dashboard.uid, "process-queue");
  assert(dashboard.tags.length > 0);
  assert.deepEqual(dashboard.templating.list.map(({ name }) => name), [
    "datasource",
    "job",
    "queue",
  ]);
  assert(!("__inputs" in dashboard));
  const rows = dashboard.panels.filter(({ type }) => type === "row").map(({ title }) => title);
  assert.deepEqual(rows, ["Overview", "Queue", "Failures", "Runtime"]);
  for (const expr of expressions) assert(!/\[\d+[sm]\]/.test(expr), `no fixed rate: ${expr}`);
});

promtoolTest(
  "promtool finds nothing wrong with the rules, and they fire when they should",
  async () => {
    const check = await promtool(["check", "rules", `${FOLDER}rules.yml`]);
    assert.equal(check.code, 0, check.output);
    const test = await promtool(["test", "rules", `${FOLDER}rules_test.yml`]);
    assert.equal(test.code, 0, test.output);
  },
);

promtoolTest("promtool understands every expression of the dashboard", async () => {
  await withFolder(async (folder) => {
    const records = expressions.map((expr, index) => {
      const shown = expr.replaceAll("$__rate_interval", "5m");
      return `      - record: r${index}\n        expr: ${JSON.stringify(shown)}`;
    });
    const text = ["groups:", "  - name: dashboard", "    rules:", ...records, ""].join("\n");
    Deno.writeTextFileSync(`${folder}/dashboard.yml`, text);
    const { code, output } = await promtool(["check", "rules", `${folder}/dashboard.yml`]);
    assert.equal(code, 0, output);
    assert(output.includes(`${expressions.length} rules found`), output);
  });
});
