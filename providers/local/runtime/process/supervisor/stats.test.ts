import { expect, test } from "vitest";
import { interfaceBytes } from "./stats.ts";

const table = `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo:     840       8    0    0    0     0          0         0      841       8    0    0    0     0       0          0
  eth0: 1234567     900    1    2    3     4          5         6 7654321     800    0    0    0     0       0          0
 eth01:1    2    0    0    0     0          0         0        3       4    0    0    0     0       0          0
`;

test("an interface's bytes are read by its whole name, received and sent", () => {
  expect(interfaceBytes(table, "eth0")).toEqual({ rxBytes: 1234567, txBytes: 7654321 });
  expect(interfaceBytes(table, "eth01")).toEqual({ rxBytes: 1, txBytes: 3 });
});

test("an interface that is not there has no numbers", () => {
  expect(interfaceBytes(table, "eth")).toBeUndefined();
  expect(interfaceBytes("", "eth0")).toBeUndefined();
});
