import { ServiceQuotasClient } from "@aws-sdk/client-service-quotas";
import { afterEach, beforeEach, expect, test } from "vitest";
import { fakeClock } from "../../../test/support/fake-clock.ts";
import { silentLog } from "../../../test/support/silent-log.ts";
import type { Quotas } from "../../aws/quotas.ts";
import { readQuotas } from "../../aws/service-quotas.ts";
import { createSession } from "../../aws/session.ts";
import { credentials, type FakeAws, startFakeAws } from "../testing.ts";
import { createAccountQuotas } from "./account.ts";

let aws: FakeAws;
let client: ServiceQuotasClient;
let session: ReturnType<typeof createSession>;
beforeEach(async () => {
  aws = await startFakeAws();
  session = createSession({ region: "eu-central-1", endpoint: aws.url });
  client = new ServiceQuotasClient({ ...session.clientConfig, credentials });
});
afterEach(async () => {
  session.close();
  await aws.close();
});

function accountQuotas() {
  const clock = fakeClock();
  const told: Quotas[] = [];
  const lines: string[] = [];
  const log = { ...silentLog, info: (message: string) => void lines.push(message) };
  const account = createAccountQuotas(
    { clock, log },
    async () => readQuotas(client),
    (quotas) => void told.push(quotas),
  );
  return { clock, told, lines, account };
}

test("quotas of both services are read to the last page, once an hour, by one asker", async () => {
  aws.on.ListServiceQuotas = ({ ServiceCode, NextToken }) => {
    if (ServiceCode === "fargate") return { Quotas: [{ QuotaCode: "L-3032A538", Value: 64 }] };
    return NextToken === undefined
      ? { Quotas: [{ QuotaCode: "a", Value: 1 }], NextToken: "2" }
      : { Quotas: [{ QuotaCode: "b", Value: 2 }] };
  };
  const { clock, told, account } = accountQuotas();
  const [first, second] = await Promise.all([account.current(), account.current()]);
  expect(Object.fromEntries(first)).toEqual({ "L-3032A538": 64, a: 1, b: 2 });
  expect(second).toBe(first);
  await account.current();
  expect(aws.calls).toHaveLength(3);
  await clock.advance(3_600_000);
  await account.current();
  expect(aws.calls).toHaveLength(6);
  expect(told).toHaveLength(2);
});

test("without the right to read them the published ones hold; it is told once and asked again later", async () => {
  aws.on.ListServiceQuotas = () => ({ error: "AccessDeniedException", message: "not authorized" });
  const { clock, told, lines, account } = accountQuotas();
  expect((await account.current()).size).toBe(0);
  await account.current();
  expect(aws.calls).toHaveLength(1);
  await clock.advance(300_000);
  await account.current();
  expect(aws.calls).toHaveLength(2);
  expect(lines).toHaveLength(1);
  expect(told).toEqual([]);
});
