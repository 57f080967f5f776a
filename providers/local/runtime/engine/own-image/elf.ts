/** The e_machine of the System V ABI's supplements. */
const machines = { amd64: 62, arm64: 183 } as const;

export type Architecture = keyof typeof machines;

export function isArchitecture(name: string): name is Architecture {
  return Object.hasOwn(machines, name);
}

/**
 * Pure. A program that needs nothing around it: a 64-bit little-endian ELF file of one loadable segment: head
 * (64 bytes), program head (56), code.
 */
export function elf(architecture: Architecture, code: Buffer): Buffer {
  const base = 0x400000n;
  const start = 120;
  const file = Buffer.concat([Buffer.alloc(start), code]);
  file.write("\u007fELF\u0002\u0001\u0001", 0, "latin1");
  file.writeUInt16LE(2, 16);
  file.writeUInt16LE(machines[architecture], 18);
  file.writeUInt32LE(1, 20);
  file.writeBigUInt64LE(base + BigInt(start), 24);
  file.writeBigUInt64LE(64n, 32);
  file.writeUInt16LE(64, 52);
  file.writeUInt16LE(56, 54);
  file.writeUInt16LE(1, 56);
  file.writeUInt32LE(1, 64);
  file.writeUInt32LE(5, 68);
  file.writeBigUInt64LE(base, 80);
  file.writeBigUInt64LE(base, 88);
  file.writeBigUInt64LE(BigInt(file.length), 96);
  file.writeBigUInt64LE(BigInt(file.length), 104);
  file.writeBigUInt64LE(0x1000n, 112);
  return file;
}
