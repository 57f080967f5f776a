import * as fc from "fast-check";
import { expect, it, test } from "vitest";

import { bitString, boolean, explicit, implicit, integer, octetString, oid, pem, sequence, time, utf8 } from "./der.ts";

test.for([
  ["a small integer", integer(Buffer.from([5])), "020105"],
  ["zero", integer(Buffer.from([0, 0])), "020100"],
  ["an integer whose top bit would make it negative", integer(Buffer.from([0x80])), "02020080"],
  ["an integer with needless zeros", integer(Buffer.from([0, 0, 0x7f])), "02017f"],
  ["true", boolean(true), "0101ff"],
  ["an object identifier", oid("1.2.840.10045.4.3.2"), "06082a8648ce3d040302"],
  ["an object identifier of two arcs", oid("2.5"), "060155"],
  ["an empty sequence", sequence(), "3000"],
  ["a bit string with unused bits", bitString(Buffer.from([0x80]), 7), "03020780"],
  ["a text", utf8("é"), "0c02c3a9"],
  ["an explicit tag", explicit(3, sequence()), "a3023000"],
  ["an implicit tag", implicit(7, Buffer.from([127, 0, 0, 1])), "87047f000001"],
  ["a time before 2050", time(Date.UTC(2049, 0, 2, 3, 4, 5)), `170d${Buffer.from("490102030405Z").toString("hex")}`],
  ["a time after 2049", time(Date.UTC(2050, 0, 2, 3, 4, 5)), `180f${Buffer.from("20500102030405Z").toString("hex")}`],
] as const)("%s is encoded as X.690 says", ([, encoded, hex]) => {
  expect(encoded.toString("hex")).toBe(hex);
});

it("writes a length that says how many bytes follow, in the fewest bytes", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 70_000 }), (size) => {
      const encoded = octetString(Buffer.alloc(size));
      const first = encoded[1] ?? 0;
      const digits = first < 0x80 ? 0 : first & 0x7f;
      const length = digits === 0 ? first : encoded.readUIntBE(2, digits);
      expect(length).toBe(size);
      expect(encoded.length).toBe(2 + digits + size);
      expect(digits).toBe(size < 0x80 ? 0 : size < 0x100 ? 1 : size < 0x10000 ? 2 : 3);
    }),
  );
});

it("wraps PEM at 64 characters", () => {
  const lines = pem("TEST", Buffer.alloc(100)).split("\n");
  expect(lines[0]).toBe("-----BEGIN TEST-----");
  expect(lines[1]).toHaveLength(64);
  expect(lines.at(-2)).toBe("-----END TEST-----");
});
