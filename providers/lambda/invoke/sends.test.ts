import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { ProviderError } from "../../../src/provider.ts";
import { launchOf, openLambda, type Opened, resolvedFor } from "../testing.ts";

beforeAll(() => {
  vi.stubEnv("AWS_ACCESS_KEY_ID", "test");
  vi.stubEnv("AWS_SECRET_ACCESS_KEY", "test");
});
afterAll(() => vi.unstubAllEnvs());

describe("the pod's record", () => {
  const launchSaying = async (opened: Opened, sends: (isSent: boolean) => Promise<void>) => {
    const order = launchOf(opened.provider, await resolvedFor("a"));
    await opened.provider.launch({ ...order, sends }, new AbortController().signal);
  };

  test("says before each send that it may be sent, and of what was throttled that it was not", async () => {
    await using opened = await openLambda();
    const { lambda } = opened;
    const said: string[] = [];
    lambda.answer = (_, nth) => {
      said.push(`asked ${nth}`);
      return nth === 1 ? { status: 429, code: "TooManyRequestsException" } : { returns: null };
    };
    await launchSaying(opened, async (isSent) => void said.push(`sent: ${isSent}`));
    await opened.until("ended", () => opened.state("a")?.phase === "stopped", 50);
    expect(said).toEqual(["sent: true", "asked 1", "sent: false", "sent: true", "asked 2"]);
  });

  test("keeps an invocation waiting that it cannot tell of, and one whose pod is gone is not sent at all", async () => {
    await using opened = await openLambda();
    const away = new ProviderError("transient", "ApiServerAway", "connect ECONNREFUSED");
    const gone = new ProviderError("refused", "PodGone", "no such pod");
    const failures = [away, away, gone];
    await launchSaying(opened, async () => {
      const failure = failures.shift();
      if (failure !== undefined) throw failure;
    });
    await opened.until("over", () => opened.state("a")?.phase === "stopped", 50);
    expect(opened.lambda.invoked).toEqual([]);
    const waits = opened.told.flatMap(({ containers: [one] }) =>
      one?.state.is === "waiting" ? [one.state.reason] : [],
    );
    expect(new Set(waits)).toEqual(new Set(["ContainerCreating", "ApiServerAway", "LambdaNotInvoked"]));
  });
});
