/** CPU units to memory in MiB of tasks on Fargate for Linux, platform 1.4.0 (task_definition_parameters). */
const memoryOf: Readonly<Record<number, readonly number[]>> = {
  256: [512, 1024, 2048],
  512: gibibytes(1, 4),
  1024: gibibytes(2, 8),
  2048: gibibytes(4, 16),
  4096: gibibytes(8, 30),
  8192: gibibytes(16, 60, 4),
  16_384: gibibytes(32, 120, 8),
  32_768: [60, 120, 244].map((size) => size * 1024),
};

function gibibytes(from: number, to: number, step = 1): readonly number[] {
  return Array.from({ length: (to - from) / step + 1 }, (_, index) => (from + index * step) * 1024);
}

export interface TaskSize {
  /** CPU units, 1,024 to a vCPU. */
  readonly cpu: number;
  /** MiB. */
  readonly memory: number;
}

/** `undefined` when Fargate has no such size. */
export function taskSize(cpu: string, memory: string): TaskSize | undefined {
  const size = { cpu: cpuUnits(cpu), memory: mebibytes(memory) };
  return memoryOf[size.cpu]?.includes(size.memory) === true ? size : undefined;
}

/** `256`, or `.25 vCPU`. */
function cpuUnits(text: string): number {
  const match = /^(\d*\.?\d+)\s*vcpu$/i.exec(text.trim());
  return match === null ? Number(text) : Number(match[1]) * 1024;
}

/** `512`, or `0.5 GB`. */
function mebibytes(text: string): number {
  const match = /^(\d*\.?\d+)\s*gb$/i.exec(text.trim());
  return match === null ? Number(text) : Number(match[1]) * 1024;
}
