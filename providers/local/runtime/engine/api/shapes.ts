/** What is read of the engine's answers, in its own spelling; all else is ignored. */

export interface ContainerListed {
  readonly Id: string;
  readonly State: string;
  readonly Labels: Readonly<Record<string, string>> | null;
}

export interface ContainerInspect {
  readonly Id: string;
  readonly Image: string;
  readonly State: {
    readonly Status: string;
    readonly OOMKilled: boolean;
    readonly ExitCode: number;
    readonly Error: string;
    readonly StartedAt: string;
    readonly FinishedAt: string;
  };
  readonly Config: {
    readonly Labels: Readonly<Record<string, string>> | null;
    readonly StopSignal?: string;
    readonly Tty?: boolean;
    readonly OpenStdin?: boolean;
  };
  readonly NetworkSettings?: {
    readonly Networks: Readonly<
      Record<string, { readonly IPAddress: string; readonly GlobalIPv6Address: string }>
    > | null;
  };
}

/** Docker knows no `ExitCode` before the end; podman says 0. `Pid` is of the engine's own process namespace. */
export interface ExecInspect {
  readonly Running: boolean;
  readonly ExitCode: number | null;
  readonly Pid: number;
}

export interface VolumeInspect {
  readonly Name: string;
  readonly Mountpoint: string;
  readonly Labels: Readonly<Record<string, string>> | null;
}

export interface ImageInspect {
  readonly Id: string;
  readonly RepoDigests: readonly string[] | null;
  /** Bytes. */
  readonly Size?: number;
  readonly Config?: { readonly User?: string } | null;
}

export interface EngineEvent {
  readonly Action: string;
  readonly Actor: { readonly ID: string; readonly Attributes: Readonly<Record<string, string>> | null };
}

export interface EngineVersion {
  readonly Version: string;
  readonly Arch: string;
  readonly KernelVersion: string;
  readonly Components?: readonly { readonly Name: string }[];
}

export interface EngineInfo {
  readonly NCPU: number;
  readonly MemTotal: number;
  readonly OperatingSystem: string;
  readonly OSVersion?: string;
  readonly KernelVersion: string;
  readonly DockerRootDir: string;
}

export interface EngineStats {
  readonly cpu_stats: { readonly cpu_usage: { readonly total_usage: number } };
  /** Docker, by interface; absent where the container has no network of its own. */
  readonly networks?: Readonly<Record<string, { readonly rx_bytes: number; readonly tx_bytes: number }>> | null;
  readonly memory_stats: { readonly usage?: number; readonly stats?: Readonly<Record<string, number>> };
}
