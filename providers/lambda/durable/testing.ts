/** Durable executions over HTTP, as far as a unit test needs them. They end when the test says so. */
import type { IncomingMessage } from "node:http";

export interface FakeExecution {
  readonly arn: string;
  readonly name: string;
  readonly functionName: string;
  readonly payload: string;
  status: string;
  error?: { readonly ErrorType?: string; readonly ErrorMessage?: string };
  /** It is in no list yet. */
  isHidden?: boolean;
}

type Answered =
  | { readonly "hang up": true }
  | { readonly status: number; readonly body: unknown; readonly headers?: object };

export interface FakeExecutions {
  readonly all: FakeExecution[];
  /** Calls of Invoke with a name. */
  readonly started: string[];
  /** The answer to the next calls of this operation; `lost`: it is done and the answer is lost. */
  readonly faults: { of: "start" | "list" | "get" | "stop"; is: "lost" | { status: number; code: string } }[];
  /** Does the answer to Invoke have the ARN? Nobody knows of AWS. */
  tellsArn: boolean;
  /** Does a list without a qualifier have executions of every version, as AWS's model of the API says? */
  listsAll: boolean;
  /** `undefined`: none of its business. */
  answer(req: IncomingMessage, text: string, calls: string[]): Answered | undefined;
}

const at = 1_767_323_045;

export function fakeExecutions(): FakeExecutions {
  const all: FakeExecution[] = [];
  const started: string[] = [];
  const faults: FakeExecutions["faults"] = [];
  const told = ({ arn, name, functionName, status, error }: FakeExecution): object => ({
    DurableExecutionArn: arn,
    DurableExecutionName: name,
    FunctionArn: `arn:aws:lambda:eu-central-1:123456789012:function:${functionName}`,
    Status: status,
    StartTimestamp: at,
    ...(status !== "RUNNING" && { EndTimestamp: at + 7 }),
    ...(error && { Error: error }),
  });
  const failed = (status: number, code: string): Answered => ({
    status,
    body: { Message: code },
    headers: { "x-amzn-errortype": code },
  });
  const missing = failed(404, "ResourceNotFoundException");

  const start = (functionName: string, version: string, name: string, payload: string): Answered => {
    started.push(name);
    let found = all.find((one) => one.name === name);
    if (found !== undefined && found.payload !== payload) return failed(409, "DurableExecutionAlreadyStartedException");
    if (found === undefined) {
      const arn = `arn:aws:lambda:eu-central-1:123456789012:function:${functionName}:${version}/durable-execution/${name}/id-${all.length}`;
      found = { arn, name, functionName, payload, status: "RUNNING" };
      all.push(found);
    }
    return { status: 202, body: "", headers: fake.tellsArn ? { "x-amz-durable-execution-arn": found.arn } : {} };
  };
  const list = (functionName: string, wanted: URLSearchParams): Answered => {
    const name = wanted.get("DurableExecutionName");
    const statuses = wanted.getAll("Statuses");
    const version = wanted.get("Qualifier") ?? (fake.listsAll ? undefined : "$LATEST");
    const found = all.filter(
      (one) =>
        one.functionName === functionName &&
        one.isHidden !== true &&
        (version === undefined || one.arn.includes(`:${functionName}:${version}/`)) &&
        (name === null || one.name === name) &&
        (statuses.length === 0 || statuses.includes(one.status)),
    );
    // Two at a time, whatever was asked for: who reads one page alone misses something.
    const from = Number(wanted.get("Marker") ?? 0);
    const page = { DurableExecutions: found.slice(from, from + 2).map(told) };
    return { status: 200, body: { ...page, ...(found.length > from + 2 && { NextMarker: String(from + 2) }) } };
  };
  const stopped = (arn: string): Answered => {
    const found = all.find((one) => one.arn === arn);
    if (found === undefined) return missing;
    if (found.status === "RUNNING") found.status = "STOPPED";
    return { status: 200, body: { StopTimestamp: at } };
  };
  const perform = (of: (typeof faults)[number]["of"], what: () => Answered): Answered => {
    const index = faults.findIndex((one) => one.of === of);
    const [fault] = index < 0 ? [] : faults.splice(index, 1);
    if (fault !== undefined && fault.is !== "lost") return failed(fault.is.status, fault.is.code);
    const answer = what();
    return fault === undefined ? answer : { "hang up": true };
  };

  const fake: FakeExecutions = {
    all,
    started,
    faults,
    tellsArn: true,
    listsAll: true,
    answer({ url = "", method, headers }, text, calls) {
      const { pathname, searchParams } = new URL(url, "http://lambda");
      const path = decodeURIComponent(pathname);
      const name = headers["x-amz-durable-execution-name"];
      const [, invoked] = /\/functions\/([^/]+)\/invocations$/.exec(path) ?? [];
      if (invoked !== undefined && typeof name === "string") {
        calls.push("lambda:InvokeFunction");
        return perform("start", () => start(invoked, searchParams.get("Qualifier") ?? "", name, text));
      }
      const [, listed] = /^\/2025-12-01\/functions\/([^/]+)\/durable-executions$/.exec(path) ?? [];
      if (listed !== undefined) {
        calls.push("lambda:ListDurableExecutionsByFunction");
        return perform("list", () => list(listed, searchParams));
      }
      const [, arn, stops] = /^\/2025-12-01\/durable-executions\/(.+?)(\/stop)?$/.exec(path) ?? [];
      if (arn === undefined) return undefined;
      if (method === "POST" && stops !== undefined) {
        calls.push("lambda:StopDurableExecution");
        return perform("stop", () => stopped(arn));
      }
      calls.push("lambda:GetDurableExecution");
      const found = all.find((one) => one.arn === arn);
      return perform("get", () => (found === undefined ? missing : { status: 200, body: told(found) }));
    },
  };
  return fake;
}
