import process from 'node:process';
import type { SecureContext, SecureContextOptions } from 'node:tls';
import type { ServerTlsPlan, TlsPlan } from '../core/plan/tls.ts';

/** Node's TLS, which takes 2 MiB of a thread: loaded by the first who needs it. */
export const nodeTls = (): typeof import('node:tls') => process.getBuiltinModule('node:tls');

/** Envoy's, which are those that HTTP/2 allows (RFC 9113 9.2.2), the cheapest first. */
const CIPHERS = [
  'TLS_AES_128_GCM_SHA256',
  'TLS_CHACHA20_POLY1305_SHA256',
  'TLS_AES_256_GCM_SHA384',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-RSA-CHACHA20-POLY1305',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
].join(':');

type Made = Omit<TlsPlan, 'files'> & Partial<Pick<ServerTlsPlan, 'ticketKeys'>>;

/** OpenSSL's part of a plan. Throws what OpenSSL says when it does not take it. */
export function secureContext({
  id,
  certificates,
  minVersion,
  maxVersion,
  ticketKeys,
  trustedCa,
}: Made): SecureContext {
  const options: SecureContextOptions = {
    minVersion,
    maxVersion,
    // A session belongs to this configuration: another one may trust others.
    sessionIdContext: id,
    ciphers: CIPHERS,
    honorCipherOrder: true,
    // Envoy allows none either: it would only serve to make us work.
    secureOptions: process.getBuiltinModule('node:crypto').constants.SSL_OP_NO_RENEGOTIATION,
    // As Envoy: who trusts an intermediate authority trusts what it signed.
    allowPartialTrustChain: true,
  };
  if (certificates.length > 0) {
    options.cert = certificates.map((each) => each.chain);
    options.key = certificates.map((each) => each.privateKey);
  }
  // Without a list Node would take in all authorities that it knows.
  options.ca = trustedCa === '' ? [] : trustedCa;
  if (ticketKeys) options.ticketKeys = Buffer.from(ticketKeys, 'base64');
  return nodeTls().createSecureContext(options);
}
