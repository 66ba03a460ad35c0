/**
 * The arguments of a queue that exists. AMQP has no question for them, but RabbitMQ names the first
 * one that differs when a queue is declared again. What policies set cannot be seen.
 *
 * @module
 */

import type { ChannelModel } from "amqplib";
import { withChannel } from "./channel.ts";

/** How a queue was declared. */
export interface QueueArguments {
  readonly durable: boolean;
  readonly autoDelete: boolean;
  /** `x-queue-type` and the like; only what the queue has. */
  readonly args: Readonly<Record<string, string | number | boolean>>;
}

/** What a queue has at first for {@linkcode argumentsOf}, as most do. */
const USUAL: QueueArguments = { durable: true, autoDelete: false, args: {} };
/** No queue has more arguments. */
const MOST_DECLARATIONS = 20;

/**
 * The arguments of a queue that exists; `undefined` where they cannot be found out, as by a user
 * who may not declare the queue.
 */
export async function argumentsOf(
  model: ChannelModel,
  queue: string,
): Promise<QueueArguments | undefined> {
  let known = USUAL;
  for (let i = 0; i < MOST_DECLARATIONS; i++) {
    const refusal = await refusalOf(model, queue, known);
    if (refusal === undefined) return known;
    const next = learned(known, refusal);
    if (!next) return undefined;
    known = next;
  }
  return undefined;
}

/**
 * Whether a queue is a quorum queue; `undefined` where that cannot be found out, as when there is no
 * such queue. The question is a declaration that RabbitMQ always refuses: there is no such strategy.
 */
export async function isQuorumQueue(
  model: ChannelModel,
  queue: string,
): Promise<boolean | undefined> {
  const args = { "x-queue-type": "quorum", "x-dead-letter-strategy": "?" };
  const refusal = await refusalOf(model, queue, { ...USUAL, args });
  const name = DIFFERENCE.exec(refusal ?? "")?.[1];
  return name === undefined ? undefined : name.startsWith("x-") && name !== "x-queue-type";
}

/** Declares a queue. @returns Why RabbitMQ refused. */
async function refusalOf(
  model: ChannelModel,
  queue: string,
  { durable, autoDelete, args }: QueueArguments,
): Promise<string | undefined> {
  try {
    const options = { durable, autoDelete, arguments: args };
    await withChannel(model, (channel) => channel.assertQueue(queue, options));
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : "";
  }
}

/** RabbitMQ's words for an argument that differs; a text and an integer have no type there. */
const DIFFERENCE =
  /inequivalent arg '([^']+)' .*current is (?:the value )?(none|'(.*?)'(?: of type '(\w+)')?)/s;

/**
 * What is known after a declaration was refused.
 *
 * @param refusal RabbitMQ's words.
 * @returns `undefined` where they name no difference.
 */
export function learned(known: QueueArguments, refusal: string): QueueArguments | undefined {
  const [, name, current, value = "", type] = DIFFERENCE.exec(refusal) ?? [];
  if (name === undefined) return undefined;
  if (name === "durable") return { ...known, durable: value === "true" };
  if (name === "auto_delete") return { ...known, autoDelete: value === "true" };
  const { [name]: _, ...others } = known.args;
  const args = current === "none" ? others : { ...others, [name]: typed(value, type) };
  return { ...known, args };
}

function typed(value: string, type: string | undefined): string | number | boolean {
  if (type === "bool") return value === "true";
  const isText = type === "longstr" || (type === undefined && !/^-?\d+$/.test(value));
  return isText ? value : Number(value);
}
