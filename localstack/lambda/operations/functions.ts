import type { RestAnswer, RestRequest } from "../../server/rest.ts";
import { functionSchema } from "../../scenario/functions.ts";
import { ApiError } from "../../server/service.ts";
import type { FoundFunction } from "../functions.ts";
import type { LambdaAccount } from "../service.ts";

const found = ({ functions }: LambdaAccount, { path, query }: RestRequest): FoundFunction =>
  functions.find(path["FunctionName"] ?? "", query.get("Qualifier") ?? undefined);

export function getFunction(account: LambdaAccount, request: RestRequest): RestAnswer {
  const asked = found(account, request);
  const { reservedConcurrency } = asked.whole;
  return {
    body: {
      Configuration: configurationOf(account, asked),
      Code: { RepositoryType: "S3", Location: `https://prod-04-2014-tasks.s3.amazonaws.com/${asked.version.name}` },
      Tags: {},
      ...(reservedConcurrency !== undefined && {
        Concurrency: { ReservedConcurrentExecutions: reservedConcurrency },
      }),
    },
  };
}

export function getFunctionConfiguration(account: LambdaAccount, request: RestRequest): RestAnswer {
  return { body: configurationOf(account, found(account, request)) };
}

/** Without members where nothing is reserved. */
export function getFunctionConcurrency(account: LambdaAccount, request: RestRequest): RestAnswer {
  const { whole } = account.functions.find(request.path["FunctionName"] ?? "", undefined);
  const { reservedConcurrency } = whole;
  return { body: reservedConcurrency === undefined ? {} : { ReservedConcurrentExecutions: reservedConcurrency } };
}

/** What is as it is by default need not be configured, and then there is nothing to get. */
export function getFunctionEventInvokeConfig(account: LambdaAccount, request: RestRequest): RestAnswer {
  const { whole, arn } = found(account, request);
  const { retries, maxEventAge } = whole;
  if (retries === defaults.retries && maxEventAge === defaults.maxEventAge)
    throw new ApiError("ResourceNotFoundException", `The function ${arn} doesn't have an EventInvokeConfig`, 404);
  const LastModified = account.clock.now() / 1000;
  const config = { MaximumRetryAttempts: retries, MaximumEventAgeInSeconds: maxEventAge };
  return { body: { LastModified, FunctionArn: arn, ...config, DestinationConfig: {} } };
}

const defaults = functionSchema.parse({});

export function getAccountSettings({ admission, functions }: LambdaAccount): RestAnswer {
  const { all, unreserved } = admission.limits();
  return {
    body: {
      AccountLimit: {
        TotalCodeSize: 80_530_636_800,
        CodeSizeUnzipped: 262_144_000,
        CodeSizeZipped: 52_428_800,
        ConcurrentExecutions: all,
        UnreservedConcurrentExecutions: unreserved,
      },
      AccountUsage: { TotalCodeSize: 0, FunctionCount: Object.keys(functions.all).length },
    },
  };
}

const pendingReasons = {
  Active: undefined,
  Pending: { code: "Creating", text: "The function is being created." },
  Inactive: { code: "Idle", text: "The function is idle: its resources have been taken back." },
  Failed: { code: "InternalError", text: "The function could not be created." },
} as const;

function configurationOf({ functions, scenario }: LambdaAccount, { version, arn }: FoundFunction): object {
  const state = functions.stateOf(version);
  const reason = pendingReasons[state];
  const { durable, environment } = version;
  return {
    FunctionName: version.name,
    FunctionArn: arn,
    Runtime: version.runtime === "scripted" ? "provided.al2023" : version.runtime,
    Role: `arn:aws:iam::${scenario.now.account}:role/function`,
    Handler: version.handler,
    CodeSize: 1,
    Description: "",
    Timeout: version.timeout,
    MemorySize: version.memory,
    LastModified: "2026-11-01T00:00:00.000+0000",
    CodeSha256: "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
    Version: version.version,
    ...(Object.keys(environment).length > 0 && { Environment: { Variables: environment } }),
    TracingConfig: { Mode: "PassThrough" },
    RevisionId: "00000000-0000-4000-8000-000000000000",
    State: state,
    ...(reason !== undefined && { StateReason: version.stateReason ?? reason.text, StateReasonCode: reason.code }),
    LastUpdateStatus: "Successful",
    PackageType: "Zip",
    Architectures: [version.architecture],
    EphemeralStorage: { Size: version.ephemeralStorage },
    SnapStart: { ApplyOn: "None", OptimizationStatus: "Off" },
    LoggingConfig: { LogFormat: version.logFormat, LogGroup: version.logGroup },
    ...(durable !== undefined && {
      DurableConfig: { ExecutionTimeout: durable.executionTimeout, RetentionPeriodInDays: durable.retentionDays },
    }),
  };
}
