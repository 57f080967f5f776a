import type { Work } from "../account.ts";
import { invalid } from "../errors.ts";
import { containerLog } from "../group/log.ts";
import { containerOf, groupOf } from "./place.ts";

export const getLogs: Work = async (account, request) => {
  const life = groupOf(account, request);
  const container = containerOf(life, request);
  const { query } = request;
  const tail = query.get("tail");
  if (tail !== null && !/^\d+$/.test(tail)) throw invalid("InvalidTail", `'${tail}' is no number of lines.`, "tail");
  const content = await containerLog(account, life, container, {
    tail: tail === null ? undefined : Number(tail),
    timestamps: query.get("timestamps")?.toLowerCase() === "true",
  });
  return { status: 200, body: { content } };
};
