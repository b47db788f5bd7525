import type { Json } from './bootstrap.ts';
import type { Certificate } from './certificate.ts';

const type = (name: string): string => `type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.${name}`;

/** TLS towards clients, shown as `certificate`; `common` are further fields of the common context, `over` of its own. */
export const serverSocket = (certificate: Certificate, common: Json = {}, over: Json = {}): Json => ({
  transport_socket: {
    name: 'envoy.transport_sockets.tls',
    typed_config: {
      '@type': type('DownstreamTlsContext'),
      common_tls_context: { tls_certificates: [inline(certificate)], ...common },
      ...over,
    },
  },
});

/** TLS towards endpoints. */
export const clientSocket = (common: Json = {}, over: Json = {}): Json => ({
  transport_socket: {
    name: 'envoy.transport_sockets.tls',
    typed_config: { '@type': type('UpstreamTlsContext'), common_tls_context: common, ...over },
  },
});

export const inline = ({ cert, key }: Certificate): Json => ({
  certificate_chain: { inline_string: cert },
  private_key: { inline_string: key },
});

/** Whom to trust, and which names their certificates must have. */
export const trusting = (ca: string, ...names: readonly Json[]): Json => ({
  validation_context: { trusted_ca: { inline_string: ca }, match_typed_subject_alt_names: names },
});

export const named = (san_type: string, exact: string): Json => ({ san_type, matcher: { exact } });

/** The listener with `fields` in each of its filter chains. */
export const withChainFields = (listener: Json, fields: Json): Json => ({
  ...listener,
  filter_chains: (listener.filter_chains as Json[]).map((each) => ({ ...each, ...fields })),
});

/** HttpProtocolOptions of a cluster. */
export const httpOptions = (options: Json): Json => {
  const name = 'envoy.extensions.upstreams.http.v3.HttpProtocolOptions';
  return { typed_extension_protocol_options: { [name]: { '@type': `type.googleapis.com/${name}`, ...options } } };
};
