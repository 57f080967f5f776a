/** Azure under test: a stand-in with calls of its Resource Manager, and groups that are right. */
import { systemClock } from "../../src/telemetry/clock.ts";
import { eventually } from "../../test/support/eventually.ts";
import { type Localstack, type LocalstackOptions, startLocalstack } from "../localstack.ts";
import type { ScenarioInput } from "../scenario/schema.ts";

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // What comes is whatever it is: a test looks at it member by member.
  readonly body: Picture;
}

interface State {
  readonly startTime?: string;
  readonly state?: string;
  readonly exitCode?: number;
  readonly detailStatus?: string;
}

export interface Picture {
  readonly name?: string;
  readonly error?: { readonly code: string; readonly message: string };
  readonly value?: readonly Picture[];
  readonly nextLink?: string;
  readonly status?: string;
  readonly content?: string;
  readonly webSocketUri?: string;
  readonly password?: string;
  readonly tags?: Readonly<Record<string, string>>;
  readonly properties?: {
    readonly provisioningState?: string;
    readonly ipAddress?: { readonly ip?: string };
    readonly instanceView?: { readonly state: string; readonly events: readonly { readonly name: string }[] };
    readonly containers?: readonly ContainerPicture[];
    readonly initContainers?: readonly ContainerPicture[];
  };
}

export interface ContainerPicture {
  readonly name: string;
  readonly properties: {
    readonly instanceView?: {
      readonly restartCount: number;
      readonly currentState: State;
      readonly previousState?: State | null;
      readonly events?: readonly { readonly name: string; readonly message: string; readonly type: string }[];
    };
  };
}

export interface AzureWorld extends AsyncDisposable {
  readonly cloud: Localstack;
  /** One call below the subscription, with a token. */
  call(method: string, path: string, body?: unknown, headers?: Readonly<Record<string, string>>): Promise<Answer>;
  /** `group/…`: below the container groups of the usual resource group. */
  group(method: string, path: string, body?: unknown): Promise<Answer>;
  /** Waits until the group looks so, and tells it. */
  until(name: string, holds: (group: Picture) => boolean): Promise<Picture>;
}

const subscription = "00000000-0000-0000-0000-000000000000";
const version = "api-version=2023-05-01";
export const groupsPath = "/resourceGroups/burstlet/providers/Microsoft.ContainerInstance/containerGroups";

const instantly = { pending: 0, pull: 0, deleting: 0, crash: 0, retry: 0.02, repair: 0 };

/** A stand-in on a free port, where steps take no time unless the scenario says so. */
export async function openAzure(
  scenario: ScenarioInput = {},
  options: Partial<LocalstackOptions> = {},
): Promise<AzureWorld> {
  const azure = { ...scenario.azure, times: { ...instantly, ...scenario.azure?.times } };
  const cloud = await startLocalstack({ port: 0, clock: systemClock, ...options, scenario: { ...scenario, azure } });
  const call: AzureWorld["call"] = async (method, path, body, headers = { authorization: "Bearer any" }) => {
    const url = `${cloud.url}/subscriptions/${subscription}${path}${path.includes("?") ? "&" : "?"}${version}`;
    const answer = await fetch(url, { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) });
    const text = await answer.text();
    return {
      status: answer.status,
      headers: answer.headers,
      body: (text === "" ? {} : JSON.parse(text)) as Picture,
    };
  };
  const group: AzureWorld["group"] = (method, path, body) => call(method, `${groupsPath}/${path}`, body);
  return {
    cloud,
    call,
    group,
    until: (name, holds) =>
      eventually(`the group ${name}`, async () => {
        const { body } = await group("GET", name);
        return holds(body) && body;
      }),
    [Symbol.asyncDispose]: () => cloud.close(),
  };
}

interface ContainerWish {
  readonly name?: string;
  readonly image?: string;
  readonly script?: Readonly<Record<string, string>>;
  readonly cpu?: number;
  readonly more?: object;
}

/** A container with its SCRIPT_ variables. */
export function containerBody({ name = "app", image = "scripted", script = {}, cpu = 1, more }: ContainerWish): object {
  const environmentVariables = Object.entries(script).map(([of, value]) => ({ name: `SCRIPT_${of}`, value }));
  const resources = { requests: { cpu, memoryInGB: 1 } };
  return { name, properties: { image, environmentVariables, resources, ...more } };
}

/** An init container of the scripted runtime. */
export function initBody(name: string, script: Readonly<Record<string, string>> = {}): object {
  const environmentVariables = Object.entries(script).map(([of, value]) => ({ name: `SCRIPT_${of}`, value }));
  return { name, properties: { image: "scripted", environmentVariables } };
}

/** A group that is right, of one container. */
export function groupBody(properties: object = {}, change: object = {}): object {
  return {
    location: "westeurope",
    properties: { osType: "Linux", restartPolicy: "Always", containers: [containerBody({})], ...properties },
    ...change,
  };
}

export const stateOf = ({ properties }: Picture) => properties?.instanceView?.state;
export const viewOf = ({ properties }: Picture, name = "app") =>
  [...(properties?.initContainers ?? []), ...(properties?.containers ?? [])].find((one) => one.name === name)
    ?.properties.instanceView;
