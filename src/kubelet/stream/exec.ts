import { asProviderError, ProviderError } from "../../provider.ts";
import { failure, notOffered } from "../answer.ts";
import type { StreamHandler } from "../upgrade/stream-request.ts";
import { parseStreamOptions } from "./options.ts";
import { serveRemoteCommand } from "./remote-command.ts";
import { runningContainer } from "./target.ts";

/** /exec/{namespace}/{pod}[/{uid}]/{container}. When the client is gone the command is killed. */
export const exec: StreamHandler = async (request, context) => {
  const { provider } = context;
  if (provider.exec === undefined) return notOffered(context, "no way to run a command in a container", "exec");
  const options = parseStreamOptions(request.query);
  if ("status" in options) return options;
  const argv = request.query.getAll("command");
  if (argv.length === 0) return failure(400, "BadRequest", "you must specify a command");
  const target = runningContainer(request.params, context.pods);
  if ("status" in target) return target;
  const { tty, stdin } = options;
  const run = provider.exec.bind(provider);
  return serveRemoteCommand(request, options, context, async (signal, size) => {
    try {
      const process = await run(target, { argv, tty, stdin, ...(tty && { size: await size() }) }, signal);
      return { ...process, resize: process.resize.bind(process), exit: process.exit.catch(explain) };
    } catch (error) {
      return explain(error);
    }
  });
};

/** As the kubelet says of a command that cannot be started, or whose exit code is lost. */
function explain(error: unknown): never {
  const { kind, reason, message } = asProviderError(error);
  throw new ProviderError(kind, reason, `error executing command in container: ${message}`, { cause: error });
}
