import type { CertificateSigningRequest, Lease, Node, Pod } from "../model/kube.ts";
import {
  ApiError,
  type CertificateRequestsApi,
  type LeasesApi,
  type NodesApi,
  type PodRef,
  type PodsApi,
} from "./cluster.ts";
import { calls } from "./rest/calls.ts";
import type { Rest } from "./rest/rest.ts";
import { listWatch, type ListWatchOptions } from "./watch/list-watch.ts";
import { trim } from "./watch/trim.ts";

export function createPods(rest: Rest, watching: ListWatchOptions): PodsApi {
  return {
    watch(nodeName, sink, signal) {
      const collection = { list: calls.listPods, watch: calls.watchPods, fieldSelector: `spec.nodeName=${nodeName}` };
      return listWatch<Pod>(collection, sink, signal, watching);
    },
    get,
    async patchStatus(pod, patch) {
      const body = { metadata: { ...patch.metadata, uid: pod.uid }, status: patch.status };
      try {
        const { namespace, name } = pod;
        return await whenFound(rest.send<Pod>(calls.patchPodStatus, { namespace, name, body }));
      } catch (error) {
        if (await isNamesake(pod, error)) return undefined;
        throw error;
      }
    },
    async remove(pod) {
      const { namespace, name, uid } = pod;
      // The query may carry DeleteOptions as well (apimachinery's conversion.go turns `uid` into the precondition).
      // A DELETE with a body would cost a TLS handshake each: undici closes the connection behind it.
      const query = new URLSearchParams({ gracePeriodSeconds: "0", uid }).toString();
      try {
        await whenFound(rest.send<Pod>(calls.deletePod, { namespace, name, query }));
      } catch (error) {
        if (!(await isNamesake(pod, error))) throw error;
      }
    },
  };

  function get(namespace: string, name: string): Promise<Pod | undefined> {
    return whenFound(rest.send<Pod>(calls.getPod, { namespace, name }));
  }

  /**
   * A PATCH with the uid of a predecessor answers 422 about metadata.uid, a DELETE 409 (tried on 1.36). A 409 may also
   * mean that too many wrote at once, so it is looked at: a pod that lives must not be taken for gone.
   */
  async function isNamesake(pod: PodRef, error: unknown): Promise<boolean> {
    if (!(error instanceof ApiError)) return false;
    if (error.status === 422) return error.fields.includes("metadata.uid");
    return error.status === 409 && (await get(pod.namespace, pod.name))?.metadata?.uid !== pod.uid;
  }
}

export function createNodes(rest: Rest, watching: ListWatchOptions): NodesApi {
  return {
    watch(name, sink, signal) {
      const collection = { list: calls.listNodes, watch: calls.watchNodes, fieldSelector: `metadata.name=${name}` };
      return listWatch<Node>(collection, sink, signal, watching);
    },
    get: (name) => whenFound(rest.send<Node>(calls.getNode, { name })),
    create: (node) => rest.send<Node>(calls.createNode, { body: node }),
    patch: (name, body) => whenFound(rest.send<Node>(calls.patchNode, { name, body })),
    patchStatus: (name, body) => whenFound(rest.send<Node>(calls.patchNodeStatus, { name, body })),
  };
}

export function createLeases(rest: Rest): LeasesApi {
  const namespace = calls.getLease.within;
  return {
    get: (name) => whenFound(rest.send<Lease>(calls.getLease, { namespace, name })),
    create: (body) => rest.send<Lease>(calls.createLease, { namespace, body }),
    update: (body) => rest.send<Lease>(calls.updateLease, { namespace, name: body.metadata?.name, body }),
  };
}

export function createCertificateRequests(rest: Rest): CertificateRequestsApi {
  return {
    create: (body) => rest.send<CertificateSigningRequest>(calls.createCertificateRequest, { body }),
    get: (name) => whenFound(rest.send<CertificateSigningRequest>(calls.getCertificateRequest, { name })),
  };
}

/** Turns 404 into `undefined`. */
async function whenFound<T extends object>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return trim(await answer);
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return undefined;
    throw error;
  }
}
