/**
 * Several addresses of one RabbitMQ cluster, in one text.
 *
 * @module
 */

/**
 * The addresses in a text such as `amqp://user:password@a/,amqp://user:password@b/`. A comma that no
 * address follows belongs to the address before it, as in a password.
 */
export function splitAddresses(text: string): string[] {
  return text.split(/,(?=\s*amqps?:\/\/)/).map((address) => address.trim());
}
