import {
  DeleteParameterCommand,
  DescribeParametersCommand,
  GetParameterCommand,
  type ParameterStringFilter,
  PutParameterCommand,
  type SSMClient,
} from "@aws-sdk/client-ssm";
import { type CallLimits, type Limiter, ProviderError, SecretText } from "../../../../src/provider.ts";
import { parametersLimits } from "../../../aws/quotas.ts";
import { asked, orNone, type SecretsClient } from "./client.ts";

/**
 * Secrets as parameters of Systems Manager: SecureStrings of the standard tier, by AWS's own key. No value of a pod is ever read
 * back: whether a parameter is there, its description tells.
 */
export function createParametersClient(sdk: SSMClient, limiter: (limits: CallLimits) => Limiter): SecretsClient {
  const [writing, removing] = [limiter(parametersLimits.write), limiter(parametersLimits.remove)];
  const [reading, listing] = [limiter(parametersLimits.read), limiter(parametersLimits.list)];
  const described = async (filter: ParameterStringFilter, signal?: AbortSignal) => {
    const found: { readonly name: string; readonly arn: string | undefined }[] = [];
    let NextToken: string | undefined;
    do {
      const command = new DescribeParametersCommand({ ParameterFilters: [filter], MaxResults: 50, NextToken });
      const send = async () => sdk.send(command, signal === undefined ? {} : { abortSignal: signal });
      const page = await asked(listing, send, signal);
      for (const { Name = "", ARN: arn } of page.Parameters ?? []) found.push({ name: nameOf(Name), arn });
      ({ NextToken } = page);
    } while (NextToken !== undefined);
    return found;
  };
  const arnOf: SecretsClient["arnOf"] = async (name) => {
    const [found] = await described({ Key: "Name", Option: "Equals", Values: [pathOf(name)] });
    if (found !== undefined && found.arn === undefined)
      throw new ProviderError("unknown", "ProviderFailed", "DescribeParameters answered without an ARN");
    return found?.arn;
  };
  return {
    arnOf,
    async create(name, content, tags) {
      const command = new PutParameterCommand({
        Name: pathOf(name),
        Type: "SecureString",
        Value: content.reveal(),
        Overwrite: false,
        Tags: tags.map(({ key, value }) => ({ Key: key, Value: value })),
      });
      try {
        await asked(writing, async () => sdk.send(command));
      } catch (error) {
        if (error instanceof ProviderError && error.reason === "ParameterAlreadyExists") return undefined;
        throw error;
      }
      const made = await arnOf(name);
      if (made !== undefined) return made;
      throw new ProviderError("transient", "SecretGone", `parameter ${name} has been made and is not to be seen yet`);
    },
    async read(name) {
      const command = new GetParameterCommand({ Name: pathOf(name), WithDecryption: true });
      const found = await asked(reading, async () => orNone(sdk.send(command)));
      return found?.Parameter?.Value === undefined ? undefined : new SecretText(found.Parameter.Value);
    },
    async list(prefix, signal) {
      const found = await described({ Key: "Name", Option: "BeginsWith", Values: [pathOf(prefix)] }, signal);
      return found.map(({ name }) => name);
    },
    async remove(name) {
      await asked(removing, async () => orNone(sdk.send(new DeleteParameterCommand({ Name: pathOf(name) }))));
    },
  };
}

/** A name with folders has a slash before it, unlike that of a secret. */
const pathOf = (name: string): string => `/${name}`;
const nameOf = (path: string): string => path.replace(/^\//, "");
