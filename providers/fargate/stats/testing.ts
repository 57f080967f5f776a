/** Docker's statistics as the task metadata endpoint has them on Fargate, with figures of our own. */
export interface Used {
  /** RFC 3339. */
  readonly read?: string;
  readonly cpuNanoseconds?: number;
  readonly usage?: number;
  readonly cache?: number;
}

export const mebi = 2 ** 20;

/** Of one container, complete. */
export function statistics({
  read = "2026-01-02T03:04:05.678901234Z",
  cpuNanoseconds = 1_500_000_000,
  usage = 64 * mebi,
  cache = 24 * mebi,
}: Used = {}) {
  const cpu = (total: number) => ({
    cpu_usage: {
      total_usage: total,
      percpu_usage: [total - 7, 7, 0],
      usage_in_kernelmode: 80_000_000,
      usage_in_usermode: 810_000_000,
    },
    system_cpu_usage: 9_393_210_000_000,
    online_cpus: 2,
    throttling_data: { periods: 0, throttled_periods: 0, throttled_time: 0 },
  });
  return {
    read,
    preread: "2026-01-02T03:03:55.678901234Z",
    pids_stats: {},
    blkio_stats: {
      io_service_bytes_recursive: [
        { major: 202, minor: 26_368, op: "Read", value: 638_976 },
        { major: 202, minor: 26_368, op: "Total", value: 638_976 },
      ],
      io_serviced_recursive: null,
      sectors_recursive: [],
    },
    num_procs: 0,
    storage_stats: {},
    cpu_stats: cpu(cpuNanoseconds),
    precpu_stats: cpu(cpuNanoseconds - 1_000_000),
    memory_stats: {
      usage,
      max_usage: usage + 1,
      stats: {
        active_file: 1,
        hierarchical_memsw_limit: 9_223_372_036_854_772_000,
        inactive_file: cache - 1,
        rss: 1,
        rss_huge: 0,
        total_inactive_file: cache,
        total_rss: 16 * mebi,
        writeback: 0,
      },
      limit: 9_223_372_036_854_772_000,
    },
    name: "main",
    id: "abc-1",
    networks: {
      eth1: { rx_bytes: 1_000, rx_packets: 9, rx_errors: 0, rx_dropped: 0, tx_bytes: 500, tx_packets: 3, tx_errors: 0 },
    },
    network_rate_stats: { rx_bytes_per_sec: 43.298_687, tx_bytes_per_sec: 2.1e-7 },
  };
}

/** A container that has ended, as Docker tells of one. */
export const ended = {
  ...statistics({ read: "0001-01-01T00:00:00Z", cpuNanoseconds: 0 }),
  memory_stats: {},
};
