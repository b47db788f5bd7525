/** One xDS resource, encoded: its bytes are made once and shared by every stream that gets it. */
export interface Resource {
  /** Full message name, as in `envoy.config.cluster.v3.Cluster`. */
  readonly type: string;
  readonly name: string;
  /** Other names under which clients may ask for it (virtual hosts on demand). */
  readonly aliases: readonly string[];
  /** 16 hexadecimal digits of a hash of the content: equal exactly when nothing has to be sent again. */
  readonly version: string;
  /** The encoded message, without its `Any`. */
  readonly bytes: Buffer;
  /** Wall-clock milliseconds when the resource ends by itself: sent as `Resource.ttl`, the time that is left. */
  readonly expiresAt?: number;
}

/** What one client may see, now. Reading is cheap; nothing here changes while a session takes a step. */
export interface View {
  /** The resource that answers to `name`, which may be an alias. */
  get(type: string, name: string): Resource | undefined;
  /** Everything of a type: what a wildcard subscription gets. */
  all(type: string): Iterable<Resource>;
  /** Changes whenever anything of the type may have changed. */
  stamp(type: string): number;
}
