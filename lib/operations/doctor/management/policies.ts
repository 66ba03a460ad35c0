/**
 * What is found about policies: RabbitMQ applies them to queues by their names, and AMQP does not
 * show them.
 *
 * @module
 */

import { type Found, warning } from "../finding.ts";
import type { Definition, OwnQueue } from "./facts.ts";

/** What one key of a policy does to a queue. */
interface Effect {
  readonly key: string;
  readonly text: string;
}

/** A quorum queue with a lower limit may drop an event before this program has replaced it. */
const LOW_LIMIT = 6;

/** Judges the policies of queues. @param vhost Their virtual host. */
export function policiesFound(queues: readonly OwnQueue[], vhost: string): Found[] {
  return queues.flatMap((own) => {
    const effects = effectsOf(own);
    if (effects.length === 0) return [];
    const { of, queue: { name, policies } } = own;
    const which = policies.length === 0 ? "a policy" : `policy ${policies.join(" or ")}`;
    const message = `${which}, in ${name}: ${effects.map(({ text }) => text).join("; ")}`;
    const keys = effects.map(({ key }) => key).join(", ");
    const fix = `take ${keys} out of it, or have its pattern leave out ${name}: ` +
      `rabbitmqctl list_policies -p ${vhost}`;
    return [warning(message, { queue: of, fix })];
  });
}

function effectsOf(own: OwnQueue): Effect[] {
  return [timeToLive, expiry, maxLength, deliveryLimit].flatMap((effect) => effect(own));
}

function timeToLive({ role, queue }: OwnQueue): Effect[] {
  const key = "message-ttl";
  const ttl = numberIn(queue.policy, key);
  if (ttl === undefined) return [];
  if (role.kind !== "retries") {
    return [{ key, text: `${role.kind} that wait for ${ttl} ms ${goneTo(own(queue))}` }];
  }
  if (ttl >= role.step * 1000) return [];
  return [{ key, text: `events come back after ${ttl} ms instead of ${role.step} s` }];
}

function expiry({ queue: { policy } }: OwnQueue): Effect[] {
  const key = "expires";
  const ms = numberIn(policy, key);
  if (ms === undefined) return [];
  return [{ key, text: `it is deleted with all in it after ${ms} ms without a consumer` }];
}

function maxLength({ of, role, queue }: OwnQueue): Effect[] {
  const keys = ["max-length", "max-length-bytes"]
    .filter((key) => numberIn(queue.policy, key) !== undefined);
  const [key] = keys;
  if (key === undefined) return [];
  const overflow = overflowOf(queue);
  if (overflow === "drop-head") {
    return [{ key, text: `the oldest ${role.kind} ${goneTo(own(queue))} when it is full` }];
  }
  // The publisher of an event gets an error.
  if (role.kind === "events") return [];
  return [{ key, text: `it takes no more ${role.kind} when it is full, and ${of} stops then` }];
}

/** A quorum queue obeys its policy, and a classic one its argument. */
function overflowOf(queue: OwnQueue["queue"]): unknown {
  const [argument, policy] = [queue.args["x-overflow"], queue.policy["overflow"]];
  return (queue.type === "quorum" ? policy ?? argument : argument ?? policy) ?? "drop-head";
}

function deliveryLimit({ role, queue }: OwnQueue): Effect[] {
  const key = "delivery-limit";
  const limit = numberIn(queue.policy, key);
  if (queue.type !== "quorum" || limit === undefined) return [];
  // The lower one of policy and argument holds.
  if (limit < 0 || limit >= LOW_LIMIT) return [];
  return [{ key, text: `${role.kind} that were returned ${limit} times ${goneTo(own(queue))}` }];
}

/** Where RabbitMQ leaves what the queue drops. */
function goneTo(definition: Definition): string {
  const exchange = definition["dead-letter-exchange"];
  if (typeof exchange !== "string") return "are lost";
  const key = definition["dead-letter-routing-key"];
  if (exchange !== "") return `go to the exchange ${exchange}`;
  return typeof key === "string" ? `go to the queue ${key}` : "go back to its end";
}

/** What holds for a queue, by the names of policies: its arguments go before policies. */
function own({ args, policy }: OwnQueue["queue"]): Definition {
  const named = Object.entries(args).map(([name, value]) => [name.replace(/^x-/, ""), value]);
  return { ...policy, ...Object.fromEntries(named) };
}

function numberIn(definition: Definition, key: string): number | undefined {
  const value = definition[key];
  return typeof value === "number" ? value : undefined;
}
