import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { openLambda } from "./testing.ts";

beforeAll(() => {
  vi.stubEnv("AWS_ACCESS_KEY_ID", "test");
  vi.stubEnv("AWS_SECRET_ACCESS_KEY", "test");
});
afterAll(() => vi.unstubAllEnvs());

test("what is missing is told before anything is launched, each with its fix", async () => {
  await using opened = await openLambda({}, { grants: [] });
  expect(await opened.provider.preflight?.()).toMatchObject([{ fix: expect.stringContaining("grants") as unknown }]);
  // Pods wait for the grants also while the preflight cannot tell: none is refused for good, and nothing is invoked.
  await expect(opened.launch("a")).rejects.toMatchObject({
    kind: "denied",
    message: expect.stringContaining("grants: [{") as unknown,
  });
  expect(opened.lambda.invoked).toEqual([]);
  await using ready = await openLambda();
  expect(await ready.provider.preflight?.()).toEqual([]);
  ready.lambda.denies = "AccessDeniedException";
  expect(await ready.provider.preflight?.()).toMatchObject([
    { fix: expect.stringContaining("lambda:GetAccountSettings") as unknown },
  ]);
});

test("functions that the configuration names must exist and be of its kind", async () => {
  await using opened = await openLambda({ durableFunctions: ["d", "plain", "none"], eventFunctions: ["plain", "d"] });
  const { functions } = opened.lambda;
  functions["plain"] = { Configuration: { Version: "$LATEST" } };
  functions["d"] = { Configuration: { Version: "$LATEST", DurableConfig: { ExecutionTimeout: 60 } } };
  expect(await opened.provider.preflight?.()).toEqual([
    {
      message: "function plain of lambda.durableFunctions is no durable function",
      fix: expect.stringMatching(
        /^take plain from lambda.durableFunctions .*aws lambda create-function .*--durable-config/,
      ),
    },
    {
      message: "function none of lambda.durableFunctions does not exist in this account and region",
      fix: expect.stringContaining("aws lambda create-function --function-name none --durable-config"),
    },
    {
      message: expect.stringContaining("function d of lambda.eventFunctions is a durable function"),
      fix: expect.stringContaining("name it in lambda.durableFunctions"),
    },
  ]);
  opened.lambda.denies = "AccessDeniedException";
  expect((await opened.provider.preflight?.())?.map(({ fix }) => /allow\w* (\S+?)[ ,]/.exec(fix)?.[1])).toEqual([
    "lambda:GetAccountSettings",
    ...Array<string>(5).fill("lambda:GetFunction"),
  ]);
});

test("a cloud that does not answer is no finding", async () => {
  await using opened = await openLambda({ eventFunctions: ["f"] });
  opened.lambda.hangsUp = 100;
  await expect(opened.provider.preflight?.()).rejects.toMatchObject({ reason: "CloudSilent" });
});
