/**
 * The parameters with which a Zulip server asks for a queue, as those of a registration.
 *
 * @module
 */

import { CAPABILITIES } from "../../domain/realtime/client.ts";
import type { Form } from "./form.ts";

/** The parameters that both have. */
const SHARED = [
  "event_types",
  "apply_markdown",
  "client_gravatar",
  "slim_presence",
  "all_public_streams",
  "narrow",
  "idle_queue_timeout",
];

/** Zulip names each capability by a parameter of its own. */
export function internalForm(form: Form): Form {
  const shared = SHARED.flatMap((name) => {
    const value = form.get(name);
    return value === undefined ? [] : [[name, value] as const];
  });
  const capabilities = Object.keys(CAPABILITIES).flatMap((name) =>
    form.has(name) ? [[name, form.get(name) === "true"] as const] : []
  );
  const lifespan = form.get("lifespan_secs") ?? "0";
  return new Map([
    ...shared,
    ["queue_lifespan_secs", lifespan],
    ["client_capabilities", JSON.stringify(Object.fromEntries(capabilities))],
  ]);
}
