/**
 * What an application imports to publish events, as `process-queue/client`.
 *
 * ```ts
 * import { connect } from "process-queue/client";
 *
 * const client = await connect("amqp://user:password@127.0.0.1:5672/");
 * await client.publish("greetings", { name: "Ada" });
 * await client.close();
 * ```
 *
 * @module
 */

export { type Client, ClientError, type ClientErrorKind } from "./client/client.ts";
export { connect, type ConnectOptions } from "./client/connect.ts";
export type { EventSchema, InputOf, Target } from "./client/target.ts";
export type { PublishAllOptions, PublishOptions } from "./client/publish_options.ts";
