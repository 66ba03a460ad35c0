/**
 * How the parts of the broker report what happens to the file.
 *
 * @module
 */

import type { NoticeReport } from "../../report.ts";

/** Reports a notice. */
export type Notice = (
  level: NoticeReport["level"],
  message: string,
  more?: Pick<NoticeReport, "properties" | "error">,
) => void;
