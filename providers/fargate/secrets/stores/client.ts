import {
  CreateSecretCommand,
  DeleteSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  ListSecretsCommand,
  type SecretsManagerClient,
} from "@aws-sdk/client-secrets-manager";
import { type CallLimits, type Limiter, ProviderError, SecretText } from "../../../../src/provider.ts";
import { awsError } from "../../../aws/errors.ts";
import { secretsLimits } from "../../../aws/quotas.ts";

/** What of Secrets Manager is used. Every method waits for its bucket, and rejects with a ProviderError. */
export interface SecretsClient {
  /** Its ARN; `undefined`: there is one of this name already. */
  create(name: string, content: SecretText, tags: readonly Tag[]): Promise<string | undefined>;
  /** `undefined`: there is none, or it is being deleted. */
  arnOf(name: string): Promise<string | undefined>;
  /** `undefined`: there is none. */
  read(name: string): Promise<SecretText | undefined>;
  /** Names of all that begin so. */
  list(prefix: string, signal: AbortSignal): Promise<readonly string[]>;
  /** At once and for good; one that is gone is no error. */
  remove(name: string): Promise<void>;
}

export interface Tag {
  readonly key: string;
  readonly value: string;
}

const description = "What a pod on a virtual node needs to start. burstlet removes it when no task needs it.";

export function createSecretsClient(
  sdk: SecretsManagerClient,
  limiter: (limits: CallLimits) => Limiter,
): SecretsClient {
  const [writing, removing] = [limiter(secretsLimits.write), limiter(secretsLimits.remove)];
  const [reading, listing] = [limiter(secretsLimits.read), limiter(secretsLimits.list)];
  const remove: SecretsClient["remove"] = async (name) => {
    const command = new DeleteSecretCommand({ SecretId: name, ForceDeleteWithoutRecovery: true });
    await asked(removing, async () => orNone(sdk.send(command)));
  };
  return {
    remove,
    async create(name, content, tags) {
      try {
        return await asked(writing, async () => create(sdk, name, content, tags));
      } catch (error) {
        if (!(error instanceof ProviderError)) throw error;
        if (error.reason === "ResourceExistsException") return undefined;
        if (!isBeingDeleted(error)) throw error;
        // Somebody has scheduled that for a later day, or our own removal is not done yet.
        await remove(name).catch(() => undefined);
        throw new ProviderError("transient", error.reason, error.message, { cause: error });
      }
    },
    async arnOf(name) {
      const found = await asked(reading, async () => orNone(sdk.send(new DescribeSecretCommand({ SecretId: name }))));
      return found === undefined || found.DeletedDate !== undefined ? undefined : arnIn(found.ARN, "DescribeSecret");
    },
    async read(name) {
      const found = await asked(reading, async () => orNone(sdk.send(new GetSecretValueCommand({ SecretId: name }))));
      return found?.SecretString === undefined ? undefined : new SecretText(found.SecretString);
    },
    async list(prefix, signal) {
      const names: string[] = [];
      let NextToken: string | undefined;
      do {
        const input = { Filters: [{ Key: "name" as const, Values: [prefix] }], MaxResults: 100, NextToken };
        const send = async () => sdk.send(new ListSecretsCommand(input), { abortSignal: signal });
        const page = await asked(listing, send, signal);
        // The filter looks at words of a name too.
        for (const { Name: name = "" } of page.SecretList ?? []) if (name.startsWith(prefix)) names.push(name);
        ({ NextToken } = page);
      } while (NextToken !== undefined);
      return names;
    },
  };
}

/** An error as what it means to us, or the signal's own reason. */
export async function asked<T>(bucket: Limiter, call: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  return bucket.run(async () => {
    try {
      return await call();
    } catch (error) {
      signal?.throwIfAborted();
      throw awsError(error);
    }
  }, signal);
}

async function create(
  sdk: SecretsManagerClient,
  name: string,
  content: SecretText,
  tags: readonly Tag[],
): Promise<string> {
  const { ARN: arn } = await sdk.send(
    new CreateSecretCommand({
      Name: name,
      Description: description,
      SecretString: content.reveal(),
      Tags: tags.map(({ key, value }) => ({ Key: key, Value: value })),
    }),
  );
  return arnIn(arn, "CreateSecret");
}

export async function orNone<T>(call: Promise<T>): Promise<T | undefined> {
  return call.catch((error: unknown) => {
    if (awsError(error).kind === "notFound") return undefined;
    throw error;
  });
}

/** InvalidRequestException has other meanings too. */
const isBeingDeleted = ({ message }: ProviderError): boolean => /scheduled for deletion/i.test(message);

function arnIn(arn: string | undefined, call: string): string {
  if (arn !== undefined) return arn;
  throw new ProviderError("unknown", "ProviderFailed", `${call} answered without an ARN`);
}
