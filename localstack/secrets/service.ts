import type { Clock } from "../../src/model/clock.ts";
import { read } from "../ecs/input/read.ts";
import { seconds } from "../ecs/names.ts";
import type { Gate } from "../server/gate.ts";
import { jsonService } from "../server/json.ts";
import type { Service } from "../server/service.ts";
import { createInput, deleteInput, idInput, type ListInput, listInput, putInput, tagInput } from "./inputs.ts";
import type { SecretRecord, SecretStore } from "./store.ts";

export interface SecretsAccount {
  readonly clock: Clock;
  readonly secrets: SecretStore;
}

const DAY_MS = 86_400_000;

/** Secrets Manager: secrets with one value each, in the clear only where GetSecretValue tells them. */
export function secretsService({ clock, secrets }: SecretsAccount, gate: Gate, newId: () => string): Service {
  const input = <Schema extends Parameters<typeof read>[0]>(schema: Schema, members: unknown, operation: string) =>
    read(schema, members, operation, "InvalidParameterException");
  const told = ({ arn, name, version }: SecretRecord): object => ({ ARN: arn, Name: name, VersionId: version });
  return jsonService({
    name: "secretsmanager",
    target: "secretsmanager",
    gate,
    operations: {
      CreateSecret(members) {
        const wish = input(createInput, members, "CreateSecret");
        const { Name: name, SecretString: content, Description: description, Tags: tags } = wish;
        const version = wish.ClientRequestToken ?? newId();
        return told(secrets.create({ name, content, description, tags, version }));
      },
      PutSecretValue(members) {
        const wish = input(putInput, members, "PutSecretValue");
        const secret = secrets.live(wish.SecretId);
        secret.content = wish.SecretString;
        secret.version = wish.ClientRequestToken ?? newId();
        secret.changedAt = clock.now();
        return { ...told(secret), VersionStages: ["AWSCURRENT"] };
      },
      GetSecretValue(members) {
        const secret = secrets.live(input(idInput, members, "GetSecretValue").SecretId);
        const { content, createdAt } = secret;
        return {
          ...told(secret),
          SecretString: content,
          VersionStages: ["AWSCURRENT"],
          CreatedDate: seconds(createdAt),
        };
      },
      DescribeSecret(members) {
        return picture(secrets.find(input(idInput, members, "DescribeSecret").SecretId));
      },
      ListSecrets: (members) => list(secrets, input(listInput, members, "ListSecrets")),
      DeleteSecret(members) {
        const wish = input(deleteInput, members, "DeleteSecret");
        if (wish.ForceDeleteWithoutRecovery === true) {
          const found = secrets.all.find(({ name, arn }) => [name, arn].includes(wish.SecretId));
          secrets.drop(wish.SecretId);
          return { ARN: found?.arn, Name: found?.name ?? wish.SecretId, DeletionDate: seconds(clock.now()) };
        }
        const secret = secrets.live(wish.SecretId);
        secret.deletedAt = clock.now() + (wish.RecoveryWindowInDays ?? 30) * DAY_MS;
        return { ARN: secret.arn, Name: secret.name, DeletionDate: seconds(secret.deletedAt) };
      },
      TagResource(members) {
        const { SecretId, Tags } = input(tagInput, members, "TagResource");
        const secret = secrets.live(SecretId);
        secret.tags = [...secret.tags.filter(({ Key }) => !Tags.some((one) => one.Key === Key)), ...Tags];
        return {};
      },
    },
  });
}

function picture({ arn, name, description, tags, version, createdAt, changedAt, deletedAt }: SecretRecord): object {
  return {
    ARN: arn,
    Name: name,
    Description: description,
    Tags: tags,
    CreatedDate: seconds(createdAt),
    LastChangedDate: seconds(changedAt),
    ...(deletedAt !== undefined && { DeletedDate: seconds(deletedAt) }),
    VersionIdsToStages: { [version]: ["AWSCURRENT"] },
  };
}

/** Filters hold all; of the values of one filter any does, each as the beginning of what it is compared with. */
function list({ all }: SecretStore, { Filters, IncludePlannedDeletion, MaxResults, NextToken }: ListInput): object {
  const texts = (secret: SecretRecord, key: ListInput["Filters"][number]["Key"]): readonly string[] => {
    if (key === "name") return [secret.name];
    return secret.tags.map(({ Key, Value }) => (key === "tag-key" ? Key : Value));
  };
  const found = all.filter(
    (secret) =>
      (IncludePlannedDeletion || secret.deletedAt === undefined) &&
      Filters.every(({ Key, Values }) =>
        texts(secret, Key).some((text) => Values.some((value) => text.startsWith(value))),
      ),
  );
  const start = Number(NextToken ?? 0);
  const end = start + MaxResults;
  return {
    SecretList: found.slice(start, end).map(picture),
    ...(end < found.length && { NextToken: String(end) }),
  };
}
