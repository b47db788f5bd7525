export interface AccessLogPlan {
  /** File path, or /dev/stdout, /dev/stderr. */
  readonly path: string;
  /** `json`: Aya's JSON lines; `text`: an Envoy format string. */
  readonly format: { readonly kind: 'json' } | { readonly kind: 'text'; readonly text: string };
  /** `errors`: status >= 500 or any response flag. */
  readonly only: 'all' | 'errors';
}
