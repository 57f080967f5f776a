/**
 * The part `kubelet`: how the kubelet ports of this process are served. Its fields are those of the kubelet's own
 * KubeletConfiguration (kubelet.config.k8s.io/v1beta1) that mean something here, under their names; `sharePort` is ours.
 */
import { z } from "zod";
import { duration } from "./duration.ts";

const path = z.string().min(1);

const authentication = z.strictObject({
  anonymous: z
    .strictObject({
      enabled: z
        .boolean()
        .refine((enabled) => !enabled, {
          error: "true is not allowed: burstlet answers nobody who does not say who they are; allowed: false",
        })
        .default(false)
        .describe("Only false: nobody is answered without credentials."),
    })
    .prefault({})
    .describe("Callers without credentials."),
  webhook: z
    .strictObject({
      enabled: z
        .boolean()
        .default(true)
        .describe(
          "Are bearer tokens accepted, and reviewed by the API server? Otherwise only client certificates are.",
        ),
      cacheTTL: duration.default("2m").describe("How long the answer about a token is kept."),
    })
    .prefault({})
    .describe("Bearer tokens."),
  x509: z
    .strictObject({
      clientCAFile: path
        .optional()
        .describe("PEM file of the CA of client certificates; default the cluster's, which is read from it.")
        .meta({ examples: ["/etc/kubernetes/pki/ca.crt"] }),
    })
    .prefault({})
    .describe("Client certificates."),
});

const authorization = z.strictObject({
  mode: z
    .enum(["Webhook", "AlwaysAllow"])
    .default("Webhook")
    .describe(
      "Webhook: the API server is asked what a caller may do. AlwaysAllow: every caller that is known may do all.",
    ),
  webhook: z
    .strictObject({
      cacheAuthorizedTTL: duration.default("5m").describe("How long a permission is kept."),
      cacheUnauthorizedTTL: duration.default("30s").describe("How long a refusal is kept."),
    })
    .prefault({})
    .describe("What the API server has said of a caller."),
});

export const kubeletSchema = z
  .strictObject({
    address: z
      .union([z.ipv4(), z.ipv6()])
      .optional()
      .describe("Address to listen on, 0.0.0.0 for all; default the address of each node, or loopback without one.")
      .meta({ examples: ["0.0.0.0"] }),
    sharePort: z
      .boolean()
      .default(false)
      .describe(
        "May nodes with the same address and port share one server? Then a node's own paths begin with /nodes/<name>.",
      ),
    readOnlyPort: z
      .int()
      .refine((port) => port === 0, {
        error:
          "burstlet has no port without authentication; allowed: 0, and scrapers use the kubelet port with a token",
      })
      .default(0)
      .describe("Only 0: there is no port without authentication."),
    authentication: authentication.prefault({}).describe("Who is it that calls the kubelet port?"),
    authorization: authorization.prefault({}).describe("What may they do?"),
    serverTLSBootstrap: z
      .boolean()
      .default(false)
      .describe("Ask the cluster for the serving certificate? Somebody must approve its CertificateSigningRequest."),
    tlsCertFile: path
      .optional()
      .describe("PEM file of the serving certificate; default one that burstlet makes for each port and signs itself.")
      .meta({ examples: ["/etc/burstlet/tls.crt"] }),
    tlsPrivateKeyFile: path
      .optional()
      .describe("PEM file of its key.")
      .meta({ examples: ["/etc/burstlet/tls.key"] }),
  })
  .superRefine((kubelet, context) => {
    const { tlsCertFile, tlsPrivateKeyFile, serverTLSBootstrap } = kubelet;
    if ((tlsCertFile === undefined) !== (tlsPrivateKeyFile === undefined)) {
      context.addIssue("tlsCertFile and tlsPrivateKeyFile belong together: give both or none");
    } else if (tlsCertFile !== undefined && serverTLSBootstrap) {
      context.addIssue("tlsCertFile and serverTLSBootstrap are two sources of one certificate: give one of them");
    }
  });

export type KubeletConfiguration = z.infer<typeof kubeletSchema>;
