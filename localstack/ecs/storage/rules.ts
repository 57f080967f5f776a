import type { Scenario } from "../../scenario/schema.ts";
import { ApiError } from "../../server/service.ts";
import type { TaskDefinition } from "../input/definition.ts";
import type { RunTaskInput } from "../input/run-task.ts";
import type { ManagedVolume, TaskVolume } from "../input/volume.ts";
import { shortName } from "../names.ts";

/** What ECS refuses about volumes (the SDK's documentation of them); texts are in words of our own. Pure. */
export function checkVolumes(volumes: readonly TaskVolume[]): void {
  for (const { name, host, efsVolumeConfiguration: efs, configuredAtLaunch } of volumes) {
    if (volumes.filter((one) => one.name === name).length > 1) throw refused(`Volume names must be unique: ${name}.`);
    const kinds = [host?.sourcePath, efs, configuredAtLaunch || undefined].filter((kind) => kind !== undefined);
    if (kinds.length > 1) throw refused(`Volume '${name}' is of more than one kind.`);
    if (efs === undefined) continue;
    const { accessPointId, iam } = efs.authorizationConfig ?? {};
    const isEncrypted = efs.transitEncryption === "ENABLED";
    if (accessPointId !== undefined && (efs.rootDirectory ?? "/") !== "/")
      throw refused(`Volume '${name}': with an access point the root directory must be omitted or '/'.`);
    if ((accessPointId !== undefined || iam === "ENABLED") && !isEncrypted)
      throw refused(`Volume '${name}': EFS access points and IAM authorization need transit encryption.`);
  }
  if (volumes.filter((volume) => volume.configuredAtLaunch).length > 1)
    throw refused("At most one volume can be configured at launch.");
}

export function checkManagedVolumes(
  { volumeConfigurations }: RunTaskInput,
  { volumes }: TaskDefinition,
  scenario: Scenario,
): void {
  const open = volumes.filter(({ configuredAtLaunch }) => configuredAtLaunch).map(({ name }) => name);
  const said = volumeConfigurations.map(({ name }) => name);
  const strange = said.find((name) => !open.includes(name));
  if (strange !== undefined) throw invalid(`Volume '${strange}' is not configured at launch by the task definition.`);
  const missing = open.find((name) => !said.includes(name));
  if (missing !== undefined) throw invalid(`Volume '${missing}' must be configured at launch.`);
  for (const { name, managedEBSVolume } of volumeConfigurations) checkManaged(name, managedEBSVolume, scenario);
}

interface Range {
  readonly size: readonly [number, number];
  readonly iops?: readonly [number, number];
}

const ranges: Readonly<Record<ManagedVolume["volumeType"], Range>> = {
  gp2: { size: [1, 16_384], iops: [100, 16_000] },
  gp3: { size: [1, 16_384], iops: [3_000, 16_000] },
  io1: { size: [4, 16_384], iops: [100, 64_000] },
  io2: { size: [4, 16_384], iops: [100, 256_000] },
  st1: { size: [125, 16_384] },
  sc1: { size: [125, 16_384] },
  standard: { size: [1, 1_024] },
};

function checkManaged(name: string, volume: ManagedVolume, scenario: Scenario): void {
  const { volumeType, sizeInGiB, snapshotId, iops, throughput, encrypted, kmsKeyId, roleArn } = volume;
  const { size, iops: rate } = ranges[volumeType];
  const wrong = (what: string): ApiError => invalid(`Volume '${name}': ${what}.`);
  if (volumeType === "standard") throw wrong("the magnetic volume type is not supported on Fargate");
  if (sizeInGiB === undefined && snapshotId === undefined) throw wrong("specify a volume size or a snapshot");
  if (sizeInGiB !== undefined && !isIn(sizeInGiB, size)) throw wrong(`${sizeInGiB} GiB is no size of ${volumeType}`);
  if (iops !== undefined && (rate === undefined || !isIn(iops, rate))) throw wrong(`${iops} IOPS for ${volumeType}`);
  if (iops === undefined && (volumeType === "io1" || volumeType === "io2")) throw wrong(`${volumeType} needs iops`);
  if (throughput !== undefined && (volumeType !== "gp3" || throughput > 1_000)) throw wrong("throughput is for gp3");
  if (kmsKeyId !== undefined && encrypted !== true) throw wrong("a key is of an encrypted volume");
  const role = shortName(roleArn);
  if (scenario.unpassable.includes(role))
    throw new ApiError(
      "AccessDeniedException",
      `User: arn:aws:iam::${scenario.account}:user/burstlet is not authorized to perform: iam:PassRole on resource: ${roleArn} ` +
        "because no identity-based policy allows the iam:PassRole action",
    );
  if (!scenario.infrastructureRoles.includes(role))
    throw new ApiError("ClientException", `ECS was unable to assume the role '${roleArn}' that was provided.`);
}

const isIn = (value: number, [least, most]: readonly [number, number]): boolean => value >= least && value <= most;
const refused = (message: string): ApiError => new ApiError("ClientException", message);
const invalid = (message: string): ApiError => new ApiError("InvalidParameterException", message);
