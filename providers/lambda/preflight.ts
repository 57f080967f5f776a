import { type Finding, type Provider, type ProviderContext, ProviderError } from "../../src/provider.ts";
import type { Lambda } from "./client.ts";
import type { LambdaConfig } from "./config.ts";
import type { FunctionInfo } from "./functions/function-info.ts";
import { grantsNothing, noGrants } from "./no-grants.ts";

type Configured = Pick<LambdaConfig, "durableFunctions" | "eventFunctions">;

/**
 * As Provider.preflight: the right to ask for the account's limits stands for credentials and region. Functions that grants alone
 * name are not looked at: one that does not exist yet is a matter of its own pods.
 */
export function createPreflight(
  client: Pick<Lambda, "account" | "describe">,
  grants: ProviderContext["grants"],
  config: Configured,
): NonNullable<Provider["preflight"]> {
  return async () => {
    const findings: Finding[] = [];
    try {
      await client.account();
    } catch (error) {
      if (!isOf(error, "denied")) throw error;
      findings.push({
        message: error.message,
        fix: "give burstlet credentials whose policy allows lambda:GetAccountSettings, lambda:GetFunction and lambda:InvokeFunction",
      });
    }
    if (grantsNothing(grants)) findings.push(noGrants);
    for (const list of ["durableFunctions", "eventFunctions"] as const)
      for (const name of config[list]) findings.push(...(await lookAt(client, name, list)));
    return findings;
  };
}

async function lookAt(
  client: Pick<Lambda, "describe">,
  name: string,
  list: keyof Configured,
): Promise<readonly Finding[]> {
  const remove = `take ${name} from lambda.${list} of the node's configuration`;
  try {
    return unlike(await client.describe({ name, qualifier: undefined }), name, list, remove);
  } catch (error) {
    if (isOf(error, "notFound"))
      return [
        {
          message: `function ${name} of lambda.${list} does not exist in this account and region`,
          fix: `${remove}, or create it: aws lambda create-function --function-name ${name}${list === "durableFunctions" ? durable : ""} …, see deploy/lambda/README.md`,
        },
      ];
    if (!isOf(error, "denied")) throw error;
    return [
      {
        message: `function ${name} of lambda.${list} cannot be looked at: ${error.message}`,
        fix: `allow lambda:GetFunction of ${name}, as deploy/iam/lambda.json does`,
      },
    ];
  }
}

const durable = ` --durable-config '{"ExecutionTimeout":86400,"RetentionPeriodInDays":14}'`;

function unlike(info: FunctionInfo, name: string, list: keyof Configured, remove: string): readonly Finding[] {
  const isDurable = info.durable !== undefined;
  if (isDurable === (list === "durableFunctions")) return [];
  if (isDurable)
    return [
      {
        message: `function ${name} of lambda.eventFunctions is a durable function, whose events are executions`,
        fix: `${remove}, and name it in lambda.durableFunctions`,
      },
    ];
  return [
    {
      message: `function ${name} of lambda.durableFunctions is no durable function`,
      // That it cannot be made one afterwards is from memory; AWS's model of the API would allow it.
      fix: `${remove}, or create it anew: aws lambda create-function --function-name ${name}${durable} …`,
    },
  ];
}

function isOf(error: unknown, kind: ProviderError["kind"]): error is ProviderError {
  return error instanceof ProviderError && error.kind === kind;
}
