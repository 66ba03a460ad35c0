/**
 * Warnings of passwords in arguments.
 *
 * @module
 */

const VISIBLE =
  "holds a password, which every user of this machine can see in the list of processes";
const AMQP_URL = `--amqp_url ${VISIBLE}: set the variable AMQP_URL instead`;
const MANAGEMENT =
  `--management ${VISIBLE}: leave user and password out, and those of AMQP_URL are used`;

/** The addresses that a command was given. */
export interface GivenAddresses {
  readonly amqpUrl: string | undefined;
  readonly management: string | undefined;
}

/** A warning for each address with a password. */
export function passwordWarnings({ amqpUrl, management }: GivenAddresses): string[] {
  return [
    ...hasPassword(amqpUrl) ? [AMQP_URL] : [],
    ...hasPassword(management) ? [MANAGEMENT] : [],
  ];
}

function hasPassword(address = ""): boolean {
  return Boolean(URL.parse(address)?.password);
}
