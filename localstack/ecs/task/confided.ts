/** What a task's containers get from Secrets Manager as it starts, or why it cannot start. */
import type { SecretStore } from "../../secrets/store.ts";
import type { ParameterStore } from "../../ssm/parameters/store.ts";
import type { Scenario } from "../../scenario/schema.ts";
import { ApiError } from "../../server/service.ts";
import type { Buckets } from "../../limits/buckets.ts";
import { shortName } from "../names.ts";
import type { TaskRecord } from "./record.ts";
import type { Verdict } from "./verdict.ts";

export interface Confidant {
  readonly secrets: SecretStore;
  readonly parameters: ParameterStore;
  readonly buckets: Buckets;
}

/** Variables and logins by container. They are nowhere but here and in the container. */
export interface Confided {
  readonly variables: ReadonlyMap<string, ReadonlyMap<string, string>>;
  readonly logins: ReadonlyMap<string, Login>;
}

export interface Login {
  readonly username: string;
  readonly password: string;
}

/** One call for each value that differs, with the execution role's rights, as ECS's agent does it. */
export function confide(record: TaskRecord, scenario: Scenario, confidant: Confidant): Confided | Verdict {
  const role = shortName(record.request.overrides.executionRoleArn ?? record.definition.executionRoleArn ?? "");
  const read = once((valueFrom: string) => valueOf(valueFrom, role, scenario, confidant));
  const variables = new Map<string, ReadonlyMap<string, string>>();
  const logins = new Map<string, Login>();
  let what = "retrieve secret from asm";
  let arn = "";
  try {
    for (const { name, secrets } of record.definition.containerDefinitions) {
      const own = new Map<string, string>();
      for (const secret of secrets) {
        arn = secret.valueFrom;
        own.set(secret.name, read(secret.valueFrom));
      }
      variables.set(name, own);
    }
    what = "get registry auth from asm";
    for (const { name, repositoryCredentials: login } of record.definition.containerDefinitions) {
      if (login === undefined) continue;
      arn = login.credentialsParameter;
      logins.set(name, loginIn(read(arn)));
    }
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return trouble(what, arn, error);
  }
  return { variables, logins };
}

function valueOf(valueFrom: string, role: string, scenario: Scenario, confidant: Confidant): string {
  const { secrets, buckets } = confidant;
  if (isParameter(valueFrom)) return parameterOf(valueFrom, role, scenario, confidant);
  const [, arn = valueFrom, key = ""] = /^(arn(?::[^:]*){5}:[^:]*)(?::([^:]*):[^:]*:[^:]*)?$/.exec(valueFrom) ?? [];
  buckets.take("secretsmanager", "GetSecretValue");
  if (scenario.secretless.includes(role)) {
    throw new ApiError(
      "AccessDeniedException",
      `User: arn:aws:sts::${scenario.account}:assumed-role/${role}/task is not authorized to perform: ` +
        `secretsmanager:GetSecretValue on resource: ${arn} because no identity-based policy allows the ` +
        "secretsmanager:GetSecretValue action",
    );
  }
  const secret = secrets.live(arn);
  secret.reads += 1;
  if (key === "") return secret.content;
  const found = membersOf(secret.content)[key];
  if (typeof found !== "string") {
    throw new ApiError(
      "InvalidParameterException",
      `retrieved secret from Secrets Manager did not contain json key ${key}`,
    );
  }
  return found;
}

const isParameter = (arn: string): boolean => /^arn:aws[\w-]*:ssm:/.test(arn);

/** As a call of GetParameters, which takes up to ten; here each is one of its own. */
function parameterOf(arn: string, role: string, scenario: Scenario, { parameters, buckets }: Confidant): string {
  buckets.take("ssm", "GetParameters");
  if (scenario.secretless.includes(role))
    throw new ApiError(
      "AccessDeniedException",
      `User: arn:aws:sts::${scenario.account}:assumed-role/${role}/task is not authorized to perform: ` +
        `ssm:GetParameters on resource: ${arn} because no identity-based policy allows the ssm:GetParameters action`,
    );
  const found = parameters.find(arn);
  if (found === undefined) throw new ApiError("InvalidParameters", `invalid parameters: ${arn.split(":parameter")[1]}`);
  found.reads += 1;
  return found.value;
}

function membersOf(content: string): Readonly<Record<string, unknown>> {
  try {
    return JSON.parse(content) as Record<string, unknown>;
  } catch {
    // What is no JSON may be quoted in the error.
    throw new ApiError("InvalidParameterException", "invalid character looking for beginning of value");
  }
}

function loginIn(content: string): Login {
  const { username, password } = membersOf(content);
  if (typeof username === "string" && typeof password === "string") return { username, password };
  throw new ApiError("InvalidParameterException", "the secret has no username and password");
}

/** Texts as people quote them from stopped tasks of platform 1.4.0; those of parameters are from memory. */
function trouble(what: string, arn: string, { type, message }: ApiError): Verdict {
  if (isParameter(arn)) {
    const reason =
      "ResourceInitializationError: unable to pull secrets or registry auth: unable to retrieve secrets from ssm: service call " +
      `has been retried 1 time(s): ${type}: ${message}`;
    return { is: "stop", code: "TaskFailedToStart", reason };
  }
  const reason =
    "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable " +
    `to ${what}: service call has been retried 1 time(s): failed to fetch secret ${arn} from secrets manager: ` +
    `${type}: ${message}`;
  return { is: "stop", code: "TaskFailedToStart", reason };
}

function once(ask: (key: string) => string): (key: string) => string {
  const known = new Map<string, string>();
  return (key) => {
    const value = known.get(key) ?? ask(key);
    known.set(key, value);
    return value;
  };
}
