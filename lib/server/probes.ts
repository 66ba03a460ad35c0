/**
 * The probes `/livez`, `/readyz` and `/startupz`, as Kubernetes asks for them.
 *
 * @module
 */

import type { Finding, Probe } from "../monitoring/health.ts";
import { json } from "./http_error.ts";
import type { ProcessControl } from "./process_control.ts";
import { type Call, includes, type Route } from "./router.ts";

/** The paths of the probes. */
export const PROBE_PATHS: Readonly<Record<string, Probe>> = {
  "/livez": "live",
  "/readyz": "ready",
  "/startupz": "startup",
};

/** Makes the routes. Each answers from memory. */
export function probeRoutes(control: Pick<ProcessControl, "health">): Route[] {
  return Object.entries(PROBE_PATHS).map(([path, probe]) => ({
    method: "GET",
    path,
    right: "probes",
    handle: (call) => answer(control.health(probe), call),
  }));
}

/** `?exclude=NAME`, also several times, leaves findings out. Names of queues are not for everybody. */
function answer(all: readonly Finding[], { request, caller, query }: Call): Response {
  const excluded = query.getAll("exclude");
  const found = all.filter(({ name }) => !excluded.includes(name));
  const shown = includes(caller.right, "numbers") ? found : withoutNames(found);
  const status = found.length === 0 ? 200 : 503;
  if ((request.headers.get("Accept") ?? "").includes("application/json")) {
    return json({ ok: found.length === 0, findings: shown }, status);
  }
  const lines = shown.map(({ name, problem }) => `${name}: ${problem}`);
  const text = found.length === 0 ? "ok" : lines.join("\n");
  return new Response(`${text}\n`, {
    status,
    headers: { "Content-Type": "text/plain; charset=utf-8" },
  });
}

/** One line for all queues that have the same problem. */
function withoutNames(findings: readonly Finding[]): Finding[] {
  const shown = findings.map(({ name, problem }) => ({
    name: name === "process" || name === "broker" ? name : "a queue",
    problem,
  }));
  const lines = new Map(shown.map((finding) => [`${finding.name}: ${finding.problem}`, finding]));
  return [...lines.values()];
}
