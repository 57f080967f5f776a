import { type Door, jsonAnswer } from "../../server/server.ts";
import type { Tasks } from "../tasks.ts";
import { containerPicture, taskPicture } from "./pictures.ts";
import { createUsage, ofAll, type UsageOptions } from "./usage.ts";

/** Where tasks find themselves; `ECS_CONTAINER_METADATA_URI_V4` is this path with the task's id and a container. */
export const metadataPath = "/v4";

export interface MetadataOptions extends UsageOptions {
  readonly tasks: Tasks;
}

/**
 * The task metadata endpoint, version 4: `<uri>` tells of the container, `<uri>/task` of its task, and `/stats` after either
 * what they use. What is known of containers is as current as the stand-in's own picture.
 */
export function metadataDoor({ tasks, ...rest }: MetadataOptions): Door {
  const usage = createUsage(rest);
  return async (method, url) => {
    const match = /^\/v4\/([0-9a-f]{32})\/([\w-]+)(\/task)?(\/stats)?$/.exec(url.pathname);
    if (match === null || method !== "GET") return undefined;
    const [, id = "", name, whole, stats] = match;
    const record = tasks.find(id)?.record;
    const container = record?.containers.find((one) => one.name === name);
    if (record === undefined || container === undefined) {
      return jsonAnswer(404, "V4 metadata handler: unable to get task arn from request");
    }
    if (stats !== undefined) {
      const tell = await usage(record);
      return jsonAnswer(200, whole === undefined ? tell(container) : ofAll(record, tell));
    }
    return jsonAnswer(200, whole === undefined ? containerPicture(record, container) : taskPicture(record));
  };
}
