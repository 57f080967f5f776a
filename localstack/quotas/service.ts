import { z } from "zod";
import { read } from "../ecs/input/read.ts";
import type { ScenarioBox } from "../scenario/box.ts";
import type { Gate } from "../server/gate.ts";
import { jsonService } from "../server/json.ts";
import { ApiError, type Service } from "../server/service.ts";
import { type Quota, quotas, quotaValue } from "./table.ts";

const getInput = z.strictObject({ ServiceCode: z.string().min(1), QuotaCode: z.string().min(1) });
const listInput = z.strictObject({
  ServiceCode: z.string().min(1),
  MaxResults: z.int().min(1).max(100).default(100),
  NextToken: z.string().optional(),
});

const serviceNames = {
  ecs: "Amazon Elastic Container Service (Amazon ECS)",
  fargate: "AWS Fargate",
  lambda: "AWS Lambda",
} as const;

export function quotasService(scenario: ScenarioBox, gate: Gate): Service {
  const picture = ({ code, service, name, adjustable }: Quota): object => ({
    ServiceCode: service,
    ServiceName: serviceNames[service],
    QuotaArn: `arn:aws:servicequotas:${scenario.now.region}:${scenario.now.account}:${service}/${code}`,
    QuotaCode: code,
    QuotaName: name,
    Value: quotaValue(scenario.now.quotas, code),
    Unit: "None",
    Adjustable: adjustable,
    GlobalQuota: false,
  });
  return jsonService({
    name: "servicequotas",
    target: "ServiceQuotasV20190624",
    gate,
    operations: {
      GetServiceQuota(input) {
        const { ServiceCode, QuotaCode } = read(getInput, input, "GetServiceQuota", "IllegalArgumentException");
        const quota = quotas.find(({ service, code }) => service === ServiceCode && code === QuotaCode);
        if (quota === undefined)
          throw new ApiError(
            "NoSuchResourceException",
            "The request failed because the specified quota does not exist.",
          );
        return { Quota: picture(quota) };
      },
      ListServiceQuotas(input) {
        const wish = read(listInput, input, "ListServiceQuotas", "IllegalArgumentException");
        const all = quotas.filter(({ service }) => service === wish.ServiceCode);
        if (all.length === 0)
          throw new ApiError(
            "NoSuchResourceException",
            "The request failed because the specified service does not exist.",
          );
        const start = Number(wish.NextToken ?? 0);
        const end = start + wish.MaxResults;
        return { Quotas: all.slice(start, end).map(picture), NextToken: end < all.length ? String(end) : undefined };
      },
    },
  });
}
