/**
 * Runtime nodejs of the stand-in: takes work from the Runtime API and gives it to the handler, in a process of its own.
 * Errors and lines are written as AWS's own runtime writes them.
 */
import { readdirSync } from "node:fs";
import { Agent, request } from "node:http";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { format } from "node:util";

const { AWS_LAMBDA_RUNTIME_API: api, LAMBDA_TASK_ROOT: root, _HANDLER: name } = process.env;
const agent = new Agent({ keepAlive: true, maxSockets: 1 });
let current;

// What has been written is in the log before the end of the work is handed in, however much it is.
// oxlint-disable-next-line no-underscore-dangle -- Node has no other way to it
for (const output of [process.stdout, process.stderr]) output._handle?.setBlocking?.(true);

for (const [method, level] of [
  ["log", "INFO"],
  ["info", "INFO"],
  ["warn", "WARN"],
  ["error", "ERROR"],
  ["debug", "DEBUG"],
]) {
  console[method] = (...words) => {
    process.stdout.write(`${new Date().toISOString()}\t${current ?? "undefined"}\t${level}\t${format(...words)}\n`);
  };
}

process.on("uncaughtException", (error) => void fatal(error, 129));
process.on("unhandledRejection", (error) => void fatal(error, 128));

const handler = await load().catch(async (error) => {
  console.error(format("%s", error?.stack ?? error));
  await call("POST", "init/error", errorOf(error));
  process.exit(1);
});

for (;;) {
  const { headers, body } = await call("GET", "invocation/next");
  current = headers["lambda-runtime-aws-request-id"];
  try {
    const result = await handler(JSON.parse(body), contextOf(headers));
    await call("POST", `invocation/${current}/response`, result ?? null);
  } catch (error) {
    console.error("Invoke Error", JSON.stringify(errorOf(error)));
    await call("POST", `invocation/${current}/error`, errorOf(error));
  }
}

async function load() {
  const [file, member] = name.split(".");
  const found = readdirSync(root).find((entry) => new RegExp(`^${file}\\.[mc]?js$`).test(entry));
  if (found === undefined) throw named("Runtime.ImportModuleError", `Error: Cannot find module '${file}'`);
  const module = await import(pathToFileURL(join(root, found)).href);
  const loaded = module[member] ?? module.default?.[member];
  if (typeof loaded !== "function") throw named("Runtime.HandlerNotFound", `${name} is undefined or not exported`);
  return loaded;
}

function named(type, message) {
  return Object.assign(new Error(message), { name: type });
}

function contextOf(headers) {
  const deadline = Number(headers["lambda-runtime-deadline-ms"]);
  return {
    awsRequestId: headers["lambda-runtime-aws-request-id"],
    invokedFunctionArn: headers["lambda-runtime-invoked-function-arn"],
    functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: process.env.AWS_LAMBDA_FUNCTION_VERSION,
    memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: process.env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: process.env.AWS_LAMBDA_LOG_STREAM_NAME,
    clientContext: JSON.parse(headers["lambda-runtime-client-context"] ?? "null") ?? undefined,
    getRemainingTimeInMillis: () => deadline - Date.now(),
  };
}

function errorOf(error) {
  if (!(error instanceof Error)) return { errorType: typeof error, errorMessage: String(error), trace: [] };
  return { errorType: error.name, errorMessage: error.message, trace: (error.stack ?? "").split("\n") };
}

/** Nothing of the work can be trusted any more: told, and over. */
async function fatal(thrown, status) {
  console.error(format("Uncaught Exception\t%s", JSON.stringify(errorOf(thrown))));
  if (current !== undefined)
    await call("POST", `invocation/${current}/error`, errorOf(thrown), new Agent()).catch(() => {});
  process.exit(status);
}

function call(method, path, content, by = agent) {
  return new Promise((resolve, reject) => {
    const asked = request(`http://${api}/2018-06-01/runtime/${path}`, { method, agent: by }, (response) => {
      const parts = [];
      response.on("data", (part) => parts.push(part));
      response.on("end", () => resolve({ headers: response.headers, body: Buffer.concat(parts).toString() }));
    });
    asked.on("error", reject);
    asked.end(content === undefined ? undefined : JSON.stringify(content));
  });
}
