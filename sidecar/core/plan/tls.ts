/** What both sides of TLS have in common. Source of names and meanings: Envoy's CommonTlsContext. */
export interface TlsPlan {
  /** Made of all the rest: contexts of the same id are the same. At most 32 characters. */
  readonly id: string;
  /** One per kind of key; empty = none is shown. */
  readonly certificates: readonly CertificatePlan[];
  /** By preference; empty towards clients = none is agreed on, towards endpoints = what the pool speaks. */
  readonly alpn: readonly string[];
  readonly minVersion: TlsVersion;
  readonly maxVersion: TlsVersion;
  /** PEM, '' = the peer's certificate is not looked at. */
  readonly trustedCa: string;
  /** One of them must be in the peer's certificate; empty = any name will do. */
  readonly peerNames: readonly PeerNamePlan[];
  /** What was read for this, to be looked at again. */
  readonly files: readonly string[];
}

export type TlsVersion = 'TLSv1.2' | 'TLSv1.3';

/** PEM: the certificate with those that lead to its root, and its key. */
export interface CertificatePlan {
  readonly chain: string;
  readonly privateKey: string;
}

export interface PeerNamePlan {
  readonly kind: 'dns' | 'uri' | 'email' | 'ip';
  readonly name: string;
}

/** TLS towards clients. */
export interface ServerTlsPlan extends TlsPlan {
  readonly requireClientCertificate: boolean;
  /** From the connection to the end of the handshake, ms; 0 = for ever. */
  readonly handshakeTimeout: number;
  /** 48 bytes in base64, of all workers, so that a session goes on in another one. */
  readonly ticketKeys: string;
}

/** TLS towards endpoints. */
export interface ClientTlsPlan extends TlsPlan {
  /** '' = none is sent. */
  readonly serverName: string;
  /** Sessions kept per endpoint. */
  readonly maxSessions: number;
}
