/** Envoy's buffer filter: a request goes on when it is whole, and not at all when it has more bytes than this. */
export interface BufferPlan {
  readonly maxRequestBytes: number;
}
