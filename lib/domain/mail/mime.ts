/**
 * The bytes of a MIME tree. Nodemailer writes one through a dozen streams, which takes several times
 * as long as all else about a mail whose parts are in memory.
 *
 * @module
 */

import * as base64 from "nodemailer/lib/base64";
import type MimeNode from "nodemailer/lib/mime-node";
import * as qp from "nodemailer/lib/qp";

/**
 * Writes a tree as nodemailer does.
 *
 * @param root Its contents are texts and bytes.
 */
export function mimeBytes(root: MimeNode): Buffer {
  const bytes = Buffer.concat(partsOf(root));
  return bytes.at(-1) === 0x0a ? bytes : Buffer.concat([bytes, Buffer.from("\r\n")]);
}

/** A node's headers and its content, or the nodes in it. */
function partsOf(node: MimeNode): Buffer[] {
  const head = Buffer.from(`${node.buildHeaders()}\r\n\r\n`);
  if (!node.multipart) return [head, contentOf(node)];
  const children = node.childNodes.flatMap((child, at) => [
    Buffer.from(`${at === 0 ? "" : "\r\n"}--${node.boundary}\r\n`),
    ...partsOf(child),
  ]);
  return [head, ...children, Buffer.from(`\r\n--${node.boundary}--\r\n`)];
}

function contentOf(node: MimeNode): Buffer {
  const { content = "" } = node;
  if (typeof content !== "string" && !Buffer.isBuffer(content)) {
    throw new TypeError("The content of a mail is neither a text nor bytes");
  }
  // Writing the headers has set it.
  switch (node.getHeader("Content-Transfer-Encoding")) {
    case "quoted-printable":
      return Buffer.from(qp.wrap(qp.encode(content)));
    case "base64":
      return Buffer.from(base64.wrap(base64.encode(content)));
    default:
      return Buffer.from(content as string);
  }
}
