import { describe, expect, test } from "vitest";
import { ProviderError, type TaskState } from "../../../src/provider.ts";
import { fakeClock } from "../../../test/support/fake-clock.ts";
import { silentLog } from "../../../test/support/silent-log.ts";
import type { FoundEvent } from "../../aws/cloudwatch-logs/client.ts";
import type { FunctionInfo } from "../functions/function-info.ts";
import { createInvocations } from "../invoke/invocations.ts";
import type { Held } from "../invoke/invoke.ts";
import type { Times } from "../logs/group.ts";
import type { Sent } from "./task.ts";
import { telling } from "./facts.ts";
import { createEvents } from "./watch.ts";

const minute = 60_000;
const hour = 60 * minute;
const info: FunctionInfo = {
  version: "1",
  memory: 128,
  timeout: 60,
  storage: 512,
  architecture: "amd64",
  state: "Active",
  stateReason: undefined,
  durable: undefined,
  logGroup: "/aws/lambda/e",
  reserved: undefined,
};

/** Events of function `e`, whose log is a list that the test writes. */
function bench({ retries = 2, maxAge = 21_600 } = {}) {
  const clock = fakeClock();
  const lines: FoundEvent[] = [];
  const searches: { texts: readonly string[]; startedAt: number }[] = [];
  let trouble: ProviderError | undefined;
  const health: (string | undefined)[] = [];
  const find = async (_group: string, texts: readonly string[], { startedAt = 0 }: Times) => {
    searches.push({ texts, startedAt: startedAt - clock.now() });
    if (trouble !== undefined) throw trouble;
    return lines.filter(
      ({ message, timestamp, ingestionTime }) =>
        texts.some((text) => message.includes(text)) && timestamp >= startedAt - minute && ingestionTime <= clock.now(),
    );
  };
  const invocations = createInvocations<Held>();
  const functions = { describe: async () => info, eventConfig: async () => ({ retries, maxAge }) };
  const events = createEvents({
    nodeName: "n",
    functions,
    logs: { find },
    invocations,
    config: {},
    clock,
    log: silentLog,
  });
  const done = new AbortController();
  const feed = { health: (error: ProviderError | undefined) => void health.push(error?.reason) };
  const watched = events.run(feed, () => undefined, done.signal);
  const identityOf = (podUid: string) => ({ clusterUid: "c", podUid, attempt: 1 });
  return {
    clock,
    searches,
    health,
    set trouble(error: ProviderError | undefined) {
      trouble = error;
    },
    send(podUid: string) {
      const sent: Sent = {
        identity: identityOf(podUid),
        nodeName: "n",
        pod: { namespace: "ns", name: podUid },
        container: { name: "main", image: "lambda://e" },
        function: { name: "e", qualifier: "1", version: "1" },
        requestId: `r-${podUid}`,
        notBefore: clock.now(),
        acceptedAt: clock.now(),
        info,
        prices: { gbSecond: 1, request: 1 },
        config: { retries, maxAge },
      };
      events.begun(sent, true);
    },
    /** Lines of one run in an environment of its own, which CloudWatch shows so much later. */
    log(podUid: string, status: string, late = 0): void {
      const whose = `pod ns/${podUid} (uid ${podUid}, attempt 1), invocation i, request r-${podUid}`;
      const report = `REPORT RequestId: r-${podUid}\tDuration: 5.00 ms\tBilled Duration: 5 ms\tMemory Size: 128 MB\tMax Memory Used: 64 MB\t`;
      const stream = `s${lines.length}`;
      const texts = [
        `START RequestId: r-${podUid} V`,
        `burstlet: ${whose}`,
        `burstlet: end of ${whose}: ${status}`,
        report,
      ];
      for (const message of texts)
        lines.push({
          id: String(lines.length),
          stream,
          message,
          timestamp: clock.now(),
          ingestionTime: clock.now() + late,
        });
    },
    run: (podUid: string): TaskState["containers"][number]["state"] | undefined =>
      invocations.find(identityOf(podUid))?.state.containers[0]?.state,
    async [Symbol.asyncDispose]() {
      done.abort();
      await clock.advance(minute);
      await watched;
    },
  };
}

describe("events of one function", () => {
  test("cost one search together, and none when all have ended", async () => {
    await using at = bench();
    for (const uid of ["a", "b", "c"]) at.send(uid);
    for (const uid of ["a", "b", "c"]) at.log(uid, "exit status 0");
    await at.clock.advance(2_000);
    expect(["a", "b", "c"].map((uid) => at.run(uid))).toMatchObject(Array.from({ length: 3 }, () => ({ exitCode: 0 })));
    expect(at.searches.map(({ texts }) => texts)).toEqual([telling]);
    await at.clock.advance(10 * minute);
    expect(at.searches).toHaveLength(1);
  });

  test("are looked for every two seconds while one is young, and then every ten; now and then further back", async () => {
    await using at = bench();
    at.send("a");
    await at.clock.advance(10_000);
    expect(at.searches).toHaveLength(6);
    await at.clock.advance(hour);
    at.searches.length = 0;
    await at.clock.advance(2 * minute);
    expect(at.searches).toHaveLength(12);
    expect(at.searches.map(({ startedAt }) => startedAt).filter((back) => back < 0)).toEqual([
      -15 * minute,
      -15 * minute,
    ]);
  });

  test("run for as long as Lambda runs them again, six hours by default", async () => {
    await using at = bench();
    at.send("a");
    at.log("a", "exit status 7");
    await at.clock.advance(6 * hour);
    expect(at.run("a")).toMatchObject({ is: "running" });
    await at.clock.advance(2 * minute);
    expect(at.run("a")).toMatchObject({ is: "terminated", exitCode: 7 });
  });

  test("are ended sooner by the configuration of the function", async () => {
    await using at = bench({ retries: 1, maxAge: 600 });
    for (const uid of ["a", "b"]) at.send(uid);
    at.log("a", "exit status 7");
    at.log("b", "exit status 7");
    await at.clock.advance(minute);
    at.log("b", "exit status 8");
    await at.clock.advance(minute);
    expect(at.run("a")).toMatchObject({ is: "running" });
    expect(at.run("b")).toMatchObject({ exitCode: 8 });
    await at.clock.advance(10 * minute);
    expect(at.run("a")).toMatchObject({ exitCode: 7 });
  });

  test("that no line tells of are unknown when Lambda has dropped them; not while the log cannot be read", async () => {
    await using at = bench({ maxAge: 60 });
    at.send("a");
    await at.clock.advance(minute);
    expect(at.run("a")).toMatchObject({ is: "waiting", reason: "LambdaQueued" });
    at.trouble = new ProviderError("denied", "AccessDeniedException", "no right");
    await at.clock.advance(hour);
    expect(at.run("a")).toMatchObject({ is: "waiting", reason: "LambdaQueued" });
    expect(new Set(at.health)).toEqual(new Set(["AccessDeniedException"]));
    at.trouble = undefined;
    await at.clock.advance(minute);
    expect(at.run("a")).toMatchObject({ exitCode: 255, reason: "LambdaOutcomeUnknown" });
    expect(at.health.at(-1)).toBeUndefined();
  });

  test("have lines that come late, also so late that nobody looks there any more but for this one", async () => {
    await using at = bench({ maxAge: 3_600 });
    for (const uid of ["a", "b"]) at.send(uid);
    at.log("a", "exit status 0", 5 * minute);
    at.log("b", "exit status 0", 30 * minute);
    await at.clock.advance(7 * minute);
    expect([at.run("a"), at.run("b")]).toMatchObject([{ exitCode: 0 }, { is: "waiting" }]);
    await at.clock.advance(hour);
    expect(at.run("b")).toMatchObject({ exitCode: 0 });
    expect(at.searches.at(-1)?.texts).toEqual(["r-b", "(uid b, attempt 1)"]);
  });
});
