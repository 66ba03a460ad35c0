/**
 * A client of the event server, which asks for events by long polls.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { z } from "zod";
import type { StoryUser } from "./organization.ts";

const registered = z.object({ queue_id: z.string(), last_event_id: z.int() });
const event = z.looseObject({
  id: z.int(),
  type: z.string(),
  flags: z.array(z.string()).optional(),
  message: z.looseObject({ id: z.int(), content: z.string() }).optional(),
  message_id: z.int().optional(),
  rendered_content: z.string().optional(),
});
const answer = z.object({ events: z.array(event) });

/** An event that a client got. */
export type ClientEvent = z.infer<typeof event>;

const TYPES = '["message","update_message"]';

/** A client that keeps what it gets. */
export class StoryClient implements AsyncDisposable {
  readonly events: ClientEvent[] = [];
  /** Descriptions of what went wrong. */
  readonly problems: string[] = [];
  readonly #url: string;
  readonly #user: StoryUser;
  readonly #ending = new AbortController();
  #polling: Promise<void> = Promise.resolve();

  private constructor(url: string, user: StoryUser) {
    this.#url = url;
    this.#user = user;
  }

  /** Registers an event queue, and polls it from now on. @param url Of the event server. */
  static async start(url: string, user: StoryUser): Promise<StoryClient> {
    const client = new StoryClient(url, user);
    const form = { event_types: TYPES, fetch_event_types: '["message"]', apply_markdown: "true" };
    const body = new URLSearchParams(form);
    const { queue_id, last_event_id } = registered.parse(
      await client.#ask("register", { method: "POST", body }),
    );
    client.#polling = client.#poll(queue_id, last_event_id);
    return client;
  }

  /** Ends the poll that waits. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#ending.abort();
    await this.#polling;
  }

  async #poll(queue_id: string, last: number): Promise<void> {
    try {
      while (!this.#ending.signal.aborted) {
        const form = new URLSearchParams({ queue_id, last_event_id: String(last) });
        const { events } = answer.parse(await this.#ask(`events?${form}`, {}));
        for (const each of events) last = Math.max(last, each.id);
        this.events.push(...events.filter(({ type }) => type !== "heartbeat"));
      }
    } catch (error) {
      if (this.#ending.signal.aborted) return;
      this.problems.push(`a poll of ${this.#user.address} failed: ${error}`);
    }
  }

  async #ask(path: string, request: RequestInit): Promise<unknown> {
    const { address, apiKey } = this.#user;
    const login = Buffer.from(`${address}:${apiKey}`).toString("base64");
    const response = await fetch(`${this.#url}/api/v1/${path}`, {
      ...request,
      headers: { authorization: `Basic ${login}` },
      signal: this.#ending.signal,
    });
    return await response.json();
  }
}
