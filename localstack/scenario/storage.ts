import { z } from "zod";

const accessPoint = z.strictObject({
  path: z.string().startsWith("/").describe("Its folder in the file system; EFS makes it where there is none."),
});

/** A file system of EFS. */
export const fileSystemSchema = z.strictObject({
  folder: z
    .string()
    .startsWith("/")
    .optional()
    .describe("Folder of this machine that it is; default one that goes with the stand-in."),
  accessPoints: z
    .record(
      z.string().regex(/^fsap-[0-9a-f]{8,40}$/, "expected fsap- and 8 to 40 hexadecimal digits: fsap-0a1b2c3d"),
      accessPoint,
    )
    .default({})
    .describe("Access points, by id. Their users are not simulated."),
});
