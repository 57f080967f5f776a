import { notOffered } from "../answer.ts";
import type { StreamHandler } from "../upgrade/stream-request.ts";
import { parseStreamOptions } from "./options.ts";
import { serveRemoteCommand } from "./remote-command.ts";
import { runningContainer } from "./target.ts";

/**
 * /attach/{namespace}/{pod}[/{uid}]/{container}. The container's own end counts as success, whatever its exit code:
 * that is in the pod's status, where clients look for it.
 */
export const attach: StreamHandler = async (request, context) => {
  const { provider } = context;
  if (provider.attach === undefined) return notOffered(context, "no way to attach to a container", "attach");
  const options = parseStreamOptions(request.query);
  if ("status" in options) return options;
  const target = runningContainer(request.params, context.pods);
  if ("status" in target) return target;
  const join = provider.attach.bind(provider);
  return serveRemoteCommand(request, options, context, async (signal) => {
    const process = await join(target, { stdin: options.stdin }, signal);
    return { ...process, resize: process.resize.bind(process), exit: process.exit.then(() => ({ code: 0 })) };
  });
};
