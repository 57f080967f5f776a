import { expect, test } from "vitest";
import type { Service } from "../model/kube.ts";
import { serviceVariables } from "./service-links.ts";

function service(namespace: string, name: string, clusterIP: string, ...ports: [number, string?, string?][]): Service {
  const named = ports.map(([port, portName, protocol]) => ({
    port,
    ...(portName === undefined ? {} : { name: portName }),
    ...(protocol === undefined ? {} : { protocol }),
  }));
  return { metadata: { namespace, name }, spec: { clusterIP, ports: named } };
}

const master = service("default", "kubernetes", "10.0.0.1", [443, "https", "TCP"]);

test("a service gives host, ports and the variables of Docker's links", () => {
  const variables = serviceVariables(
    [service("ns", "my-db", "10.0.0.2", [80, "web-ui"], [53, "dns", "UDP"])],
    "ns",
    true,
  );
  expect(Object.fromEntries(variables)).toEqual({
    MY_DB_SERVICE_HOST: "10.0.0.2",
    MY_DB_SERVICE_PORT: "80",
    MY_DB_SERVICE_PORT_WEB_UI: "80",
    MY_DB_SERVICE_PORT_DNS: "53",
    MY_DB_PORT: "tcp://10.0.0.2:80",
    MY_DB_PORT_80_TCP: "tcp://10.0.0.2:80",
    MY_DB_PORT_80_TCP_PROTO: "tcp",
    MY_DB_PORT_80_TCP_PORT: "80",
    MY_DB_PORT_80_TCP_ADDR: "10.0.0.2",
    MY_DB_PORT_53_UDP: "udp://10.0.0.2:53",
    MY_DB_PORT_53_UDP_PROTO: "udp",
    MY_DB_PORT_53_UDP_PORT: "53",
    MY_DB_PORT_53_UDP_ADDR: "10.0.0.2",
  });
});

test("an address of IPv6 stands in brackets where a port follows", () => {
  const variables = serviceVariables([service("ns", "db", "fd00::1", [80])], "ns", true);
  expect(variables.get("DB_PORT")).toBe("tcp://[fd00::1]:80");
  expect(variables.get("DB_SERVICE_HOST")).toBe("fd00::1");
});

test.for<[what: string, services: Service[], links: boolean, hosts: string[]]>([
  ["default/kubernetes is known everywhere", [master], true, ["KUBERNETES_SERVICE_HOST"]],
  ["default/kubernetes is known even without service links", [master], false, ["KUBERNETES_SERVICE_HOST"]],
  ["other services of default are not known elsewhere", [service("default", "db", "10.0.0.2", [1])], true, []],
  ["services of other namespaces are not known", [service("other", "db", "10.0.0.2", [1])], true, []],
  ["services of the namespace are known", [service("ns", "db", "10.0.0.2", [1])], true, ["DB_SERVICE_HOST"]],
  ["services of the namespace are unknown without links", [service("ns", "db", "10.0.0.2", [1])], false, []],
  ["headless services are not known", [service("ns", "db", "None", [1])], true, []],
  ["services without address are not known", [service("ns", "db", "", [1])], true, []],
  ["what is no service yet is not known", [{}, { metadata: { namespace: "ns", name: "db" } }], true, []],
  [
    "services stand by name, whatever order they came in",
    [service("ns", "b", "10.0.0.2"), service("ns", "a", "10.0.0.3"), service("ns", "c", "10.0.0.4")],
    true,
    ["A_SERVICE_HOST", "B_SERVICE_HOST", "C_SERVICE_HOST"],
  ],
  ["a service without ports has a host only", [service("ns", "db", "10.0.0.2")], true, ["DB_SERVICE_HOST"]],
])("%s", ([, services, links, hosts]) => {
  const variables = serviceVariables(services, "ns", links);
  expect([...variables.keys()].filter((name) => name.endsWith("_SERVICE_HOST"))).toEqual(hosts);
});

test("a service of the namespace called kubernetes wins over default/kubernetes, in whatever order they came", () => {
  const own = service("ns", "kubernetes", "10.0.0.9", [443]);
  for (const services of [
    [master, own],
    [own, master],
  ]) {
    expect(serviceVariables(services, "ns", true).get("KUBERNETES_SERVICE_HOST")).toBe("10.0.0.9");
    expect(serviceVariables(services, "ns", false).get("KUBERNETES_SERVICE_HOST")).toBe("10.0.0.1");
  }
});
