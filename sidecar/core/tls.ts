/** What is known of the TLS of a connection once its handshake is over. */
export interface TlsFacts {
  /** TLSv1.3. */
  readonly version: string;
  /** As OpenSSL calls it. */
  readonly cipher: string;
  /** What the client asked for, lower case; '' = nothing. */
  readonly serverName: string;
  /** What was agreed on by ALPN, '' = nothing. */
  readonly protocol: string;
  /** Of the peer's certificate, as in RFC 2253, '' = empty; null = it has shown none. */
  readonly peerSubject: string | null;
}
