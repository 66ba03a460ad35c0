/** Pretends to send mails. Some cannot be sent: busy ones while the file `down` exists, others never. */
import { defineWorker } from "process-queue/worker";
import { z } from "zod";

class SMTPServerBusy extends Error {
  override readonly name = "SMTPServerBusy";
}

class RecipientRefused extends Error {
  override readonly name = "RecipientRefused";
}

export default defineWorker({
  queue: "demo_mails",
  event: z.object({
    to: z.string(),
    template: z.string(),
    token: z.string().optional(),
    kind: z.enum(["ok", "busy", "refused"]),
  }),
  secrets: ["token"],
  retries: [],
  async consume({ kind, to }, ctx) {
    await new Promise((resolve) => setTimeout(resolve, 3));
    if (kind === "busy" && await exists(`${ctx.config.stateDir}/down`)) {
      throw new SMTPServerBusy("451 4.3.0 try again later");
    }
    if (kind === "refused") throw new RecipientRefused(`550 5.1.1 <${to}>: mailbox unavailable`);
  },
});

function exists(path: string): Promise<boolean> {
  return Deno.stat(path).then(() => true, () => false);
}
