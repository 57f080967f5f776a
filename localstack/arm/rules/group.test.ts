import { describe, expect, test } from "vitest";
import { groupInput } from "../input/group.ts";
import { containerBody, groupBody, initBody } from "../testing.ts";
import { checkGroup } from "./group.ts";

const check = (properties: object, change: object = {}, name = "bl-1") => {
  try {
    checkGroup(name, groupInput.parse(groupBody(properties, change)));
    return "well";
  } catch (error) {
    return (error as { type: string }).type;
  }
};
const port = (number: number) => ({ port: number, protocol: "TCP" });
const exposing = (...numbers: number[]) => ({ containers: [containerBody({ more: { ports: numbers.map(port) } })] });
const address = (type: string, ...numbers: number[]) => ({ ipAddress: { type, ports: numbers.map(port) } });
const volume = (name: string, secret: object = {}) => ({ name, secret });
const many = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => make(index));
const subnetIds = [{ id: "s" }];

describe("Azure takes", () => {
  test.for<[what: string, properties: object, change?: object]>([
    ["one container", {}],
    ["five ports of a public address", { ...exposing(1, 2, 3, 4, 5), ...address("Public", 1, 2, 3, 4, 5) }],
    ["a private address in a subnet", { ...exposing(80), ...address("Private", 80), subnetIds }],
    ["a Spot group without all", { priority: "Spot" }],
    [
      "60 containers, init containers among them",
      {
        containers: many(59, (index) => containerBody({ name: `c${index}`, cpu: 0.1 })),
        initContainers: [initBody("init")],
      },
    ],
    ["20 volumes", { volumes: many(20, (index) => volume(`volume-${index}`)) }],
    ["31 cores", { containers: [containerBody({ cpu: 31 })] }],
    ["a zone", {}, { zones: ["1"] }],
  ])("%s", ([, properties, change]) => {
    expect(check(properties, change)).toBe("well");
  });
});

describe("Azure refuses", () => {
  test.for(["A", "a--b", "-a", "a-", "a.b", "a".repeat(64)])("the name %s", (name) => {
    expect(check({}, {}, name)).toBe("InvalidContainerGroupName");
    expect(check({ containers: [containerBody({ name })] })).toBe("InvalidContainerName");
  });

  test.for<[code: string, properties: object, change?: object]>([
    ["DuplicateContainers", { containers: [containerBody({}), containerBody({})] }],
    ["DuplicateContainers", { initContainers: [initBody("app")] }],
    ["TooManyContainers", { containers: many(61, (index) => containerBody({ name: `c${index}`, cpu: 0.1 })) }],
    ["TooManyTags", {}, { tags: Object.fromEntries(many(51, (index) => [`t${index}`, ""])) }],
    ["InvalidTagValue", {}, { tags: { a: "x".repeat(257) } }],
    ["InvalidTagNameCharacters", {}, { tags: { "a/b": "" } }],
    [
      "InvalidContainerEnvironmentVariable",
      { containers: [containerBody({ more: { environmentVariables: [{ name: "_x", value: "" }] } })] },
    ],
    [
      "InvalidContainerEnvironmentVariable",
      { containers: [containerBody({ more: { environmentVariables: [{ name: "a.b", value: "" }] } })] },
    ],
    [
      "PrivilegedContainerNotSupported",
      { containers: [containerBody({ more: { securityContext: { privileged: true } } })] },
    ],
    ["TooManyVolumes", { volumes: many(21, (index) => volume(`volume-${index}`)) }],
    ["DuplicateVolumes", { volumes: [volume("volume-1"), volume("volume-1")] }],
    ["InvalidVolumeName", { volumes: [volume("data")] }],
    ["InvalidVolumeName", { volumes: [volume("data--1")] }],
    ["InvalidVolume", { volumes: [{ name: "volume-1" }] }],
    ["InvalidSecretVolume", { volumes: [volume("volume-1", { "a/b": "" })] }],
    ["InvalidSecretVolume", { volumes: [volume("volume-1", { a: "no base64!" })] }],
    [
      "VolumeMountNotFound",
      { containers: [containerBody({ more: { volumeMounts: [{ name: "volume-1", mountPath: "/x" }] } })] },
    ],
    ["ExceededPortLimit", { ...exposing(1, 2, 3, 4, 5, 6), ...address("Public", 1, 2, 3, 4, 5, 6) }],
    ["MissingIpAddressPorts", address("Public")],
    ["PublicIPAddressNotSupported", { ...exposing(80), ...address("Public", 80), subnetIds }],
    ["PrivateIPAddressNotSupported", { ...exposing(80), ...address("Private", 80) }],
    ["PortNotExposed", address("Public", 80)],
    ["ReservedPort", { ...exposing(22), ...address("Public", 22) }],
    ["ReservedPort", { ...exposing(25_000), ...address("Public", 25_000) }],
    ["DuplicatePorts", exposing(80, 80)],
    ["InvalidZones", {}, { zones: ["1", "2"] }],
    ["SpotNotSupported", { priority: "Spot", subnetIds }],
    ["InvalidResourceRequest", { priority: "Spot", containers: [containerBody({ cpu: 5 })] }],
    ["InvalidResourceRequest", { containers: [containerBody({ cpu: 32 })] }],
    ["InvalidResourceRequest", { containers: [containerBody({ cpu: 0.5 })] }],
    [
      "ContainerLimitGreaterThanContainerGroupTotalRequest",
      {
        containers: [
          containerBody({ more: { resources: { requests: { cpu: 1, memoryInGB: 1 }, limits: { cpu: 2 } } } }),
        ],
      },
    ],
    ["NotSimulatedException", { osType: "Windows" }],
  ])("%s: %j", ([code, properties, change]) => {
    expect(check(properties, change)).toBe(code);
  });
});
