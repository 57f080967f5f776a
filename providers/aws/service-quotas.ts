import { ListServiceQuotasCommand, type ServiceQuotasClient } from "@aws-sdk/client-service-quotas";
import { awsError } from "./errors.ts";
import { type Quotas, quotaServices } from "./quotas.ts";

/**
 * The account's own values, by code. Rejects with a ProviderError, `denied` where the right servicequotas:ListServiceQuotas
 * is missing. Some pages, once an hour: far below what Service Quotas allows, so no bucket.
 */
export async function readQuotas(client: ServiceQuotasClient): Promise<Quotas> {
  const quotas = new Map<string, number>();
  try {
    for (const ServiceCode of quotaServices) {
      let NextToken: string | undefined;
      do {
        const page = await client.send(new ListServiceQuotasCommand({ ServiceCode, MaxResults: 100, NextToken }));
        for (const { QuotaCode, Value } of page.Quotas ?? [])
          if (QuotaCode !== undefined && Value !== undefined) quotas.set(QuotaCode, Value);
        ({ NextToken } = page);
      } while (NextToken !== undefined);
    }
  } catch (error) {
    throw awsError(error);
  }
  return quotas;
}
