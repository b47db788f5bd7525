import type { ConnectionOptions, PeerCertificate, SecureContext } from 'node:tls';
import type { ClientTlsPlan } from '../core/plan/tls.ts';
import { isNamedDer } from './peer-certificate.ts';
import { secureContext } from './secure-context.ts';

/** The code of the error when the certificate of a server is not for one of the expected names. */
export const WRONG_NAME = 'AYA_WRONG_NAME';

const contexts = new WeakMap<ClientTlsPlan, SecureContext>();

/** How Node's `tls.connect` is asked for what a plan says. Connections of one plan share their context. */
export function clientOptions(
  plan: ClientTlsPlan,
  protocols: readonly string[],
): ConnectionOptions & { readonly secureContext: SecureContext; readonly servername: string } {
  let context = contexts.get(plan);
  if (context === undefined) {
    context = secureContext(plan);
    contexts.set(plan, context);
  }
  return {
    secureContext: context,
    servername: plan.serverName,
    // As Envoy: without an authority to trust any certificate will do, and names count only where they are configured.
    rejectUnauthorized: plan.trustedCa !== '',
    checkServerIdentity: (_host, certificate) => nameProblem(plan, certificate),
    ...(protocols.length > 0 && { ALPNProtocols: [...protocols] }),
  };
}

function nameProblem(plan: ClientTlsPlan, { raw }: PeerCertificate): Error | undefined {
  if (isNamedDer(raw, plan.peerNames)) return undefined;
  return Object.assign(new Error('the certificate is for none of the expected names'), { code: WRONG_NAME });
}
