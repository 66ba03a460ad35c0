import assert from "node:assert/strict";
import type { BrokerErrorKind } from "../../../../lib/engine/broker/broker.ts";
import {
  type Certificate,
  outOfDate,
} from "../../../../lib/engine/broker/rabbitmq/certificates.ts";
import {
  explainConnect,
  TlsFailure,
} from "../../../../lib/engine/broker/rabbitmq/connect_errors.ts";
import {
  type Address,
  addressOf,
  explainChannel,
} from "../../../../lib/engine/broker/rabbitmq/errors.ts";

const ADDRESS: Address = addressOf("amqps://guest:pw@rabbit.example:5671");

function coded(message: string, code: string): Error {
  return Object.assign(new Error(message), { code });
}

const CONNECTS: readonly [title: string, Error, BrokerErrorKind, advice: RegExp][] = [
  [
    "too many open files",
    coded("connect EMFILE 127.0.0.1:5672", "EMFILE"),
    "unreachable",
    /too many open files \(.*EMFILE.*\): raise the limit \(ulimit -n, or LimitNOFILE= of the unit\)$/,
  ],
  [
    "an unknown host",
    coded("getaddrinfo ENOTFOUND rabbit.example", "ENOTFOUND"),
    "unreachable",
    /cannot be reached \(getaddrinfo ENOTFOUND rabbit\.example\): no address of that name is known; check the host of AMQP_URL/,
  ],
  [
    "guest from another host",
    new Error('Handshake terminated by server: 403 (ACCESS-REFUSED) with message "ACCESS_REFUSED"'),
    "login",
    /; RabbitMQ lets guest log in from its own host only$/,
  ],
  [
    "a certificate that the broker wants",
    coded("received fatal alert: CertificateRequired", "ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED"),
    "tls",
    /the broker wants a certificate of this program: name it and its key with AMQP_CERT_FILE and AMQP_KEY_FILE$/,
  ],
  [
    "a certificate that the broker does not trust",
    coded("received fatal alert: UnknownCA", "ERR_SSL_TLSV1_ALERT_UNKNOWN_CA"),
    "tls",
    /the broker refuses the certificate of AMQP_CERT_FILE: use one of an authority/,
  ],
  [
    "a certificate for another host",
    coded("Hostname/IP does not match certificate's altnames", "ERR_TLS_CERT_ALTNAME_INVALID"),
    "tls",
    /: use a host name or address that the broker's certificate has$/,
  ],
  [
    "an unknown authority",
    coded("unable to verify the first certificate", "UNABLE_TO_VERIFY_LEAF_SIGNATURE"),
    "tls",
    /: name the authority that signed the broker's certificate with AMQP_CA_FILE$/,
  ],
  [
    "a port without TLS",
    new Error("received corrupt message of type InvalidContentType"),
    "tls",
    /: check that the port is the one for TLS$/,
  ],
];

for (const [title, error, kind, advice] of CONNECTS) {
  Deno.test(`explainConnect says what to do about ${title}`, () => {
    const explained = explainConnect(error, ADDRESS);
    assert.equal(explained.kind, kind);
    assert.match(explained.message, advice);
  });
}

const DAY_MS = 86_400_000;
const certificate = (name: string, from: number, to: number): Certificate => (
  { name, validFrom: from * DAY_MS, validTo: to * DAY_MS }
);

Deno.test("explainConnect blames a certificate's dates before its authority", () => {
  const cause = coded("unable to verify the first certificate", "UNABLE_TO_VERIFY_LEAF_SIGNATURE");
  const error = new TlsFailure(cause, [certificate("the broker's certificate", 1, 3)]);
  const { kind, message } = explainConnect(error, ADDRESS, { now: 5 * DAY_MS });
  assert.equal(kind, "tls");
  assert.equal(
    message,
    "The TLS connection to rabbit.example:5671 could not be made (unable to verify the first " +
      "certificate UNABLE_TO_VERIFY_LEAF_SIGNATURE): the broker's certificate has expired, on " +
      "1970-01-04: renew it",
  );
  assert.match(explainConnect(error, ADDRESS, { now: 2 * DAY_MS }).message, /AMQP_CA_FILE$/);
});

Deno.test("outOfDate names the certificate that has expired or is not valid yet", () => {
  const certificates = [certificate("the first", 0, 9), certificate("the second", 2, 4)];
  assert.equal(outOfDate(certificates, 3 * DAY_MS), undefined);
  assert.equal(
    outOfDate(certificates, 5 * DAY_MS),
    "the second has expired, on 1970-01-05: renew it",
  );
  assert.equal(
    outOfDate(certificates, DAY_MS),
    "the second is not valid before 1970-01-03: check this host's clock",
  );
});

const CHANNELS: readonly [code: number | undefined, words: string, BrokerErrorKind, RegExp][] = [
  [
    403,
    "ACCESS_REFUSED - queue 'q' in vhost '/' in exclusive use",
    "unreachable",
    /^Queue q is consumed by another program that lets no other consume it \(.*\): it is tried again; stop that program/,
  ],
  [
    403,
    "ACCESS_REFUSED - access to queue 'q' in vhost '/' refused for user 'guest'",
    "permission",
    /set_permissions -p \/ guest/,
  ],
  [
    403,
    "ACCESS_REFUSED - access to exchange 'amq.default' in vhost '/' refused for user 'guest'",
    "permission",
    /patterns that match amq\.default, q, q\.retry\.\* and q\.failed$/,
  ],
  [
    406,
    "PRECONDITION_FAILED - cannot declare queue 'q' in vhost '/': queue limit in vhost (5) is reached",
    "topology",
    /: raise it with rabbitmqctl set_vhost_limits, or delete queues$/,
  ],
  [
    406,
    "PRECONDITION_FAILED - message size 9 is larger than configured max size 8",
    "topology",
    /: raise max_message_size in rabbitmq\.conf, or publish smaller events$/,
  ],
  [
    406,
    "PRECONDITION_FAILED - delivery acknowledgement on channel 1 timed out",
    "unreachable",
    /: see consumer_timeout in rabbitmq\.conf$/,
  ],
  [
    406,
    "PRECONDITION_FAILED - inequivalent arg 'durable' for queue 'q' in vhost '/'",
    "topology",
    /exists with other arguments/,
  ],
  [
    undefined,
    "No channels left to allocate",
    "unreachable",
    /no channel left \(.*\): raise channel_max in rabbitmq\.conf, or run fewer queues in one process$/,
  ],
  [undefined, "EMFILE: too many open files", "unreachable", /raise the limit \(ulimit -n/],
];

for (const [code, words, kind, message] of CHANNELS) {
  Deno.test(`explainChannel says what to do about ${code ?? "amqplib's"} ${words}`, () => {
    const error = Object.assign(new Error(words), code === undefined ? {} : { code });
    const explained = explainChannel(error, "q", ADDRESS);
    assert.equal(explained.kind, kind);
    assert.match(explained.message, message);
  });
}
