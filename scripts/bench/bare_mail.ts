/**
 * The least that a program can do that sends mails with nodemailer, one after another over one
 * connection: it renders nothing and records nothing. It sends the same words to each recipient.
 *
 *   deno run -A scripts/bench/bare_mail.ts PORT CA_FILE MAIL_FILE COUNT
 */
import { createTransport } from "nodemailer";

const [port = "", caFile = "", mailFile = "", count = ""] = Deno.args;
const transport = createTransport({
  pool: true,
  maxConnections: 1,
  maxMessages: Infinity,
  host: "127.0.0.1",
  port: Number(port),
  requireTLS: true,
  tls: { ca: Deno.readTextFileSync(caFile) },
});
const mail = JSON.parse(Deno.readTextFileSync(mailFile));
for (let i = 0; i < Number(count); i++) {
  await transport.sendMail({ ...mail, to: { name: `User ${i}`, address: `user${i}@x.example` } });
}
transport.close();
setInterval(() => {}, 60_000); // Its CPU is read while it runs.
