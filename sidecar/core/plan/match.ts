export interface MatchPlan {
  readonly path:
    | { readonly kind: 'prefix' | 'exact' | 'segments'; readonly value: string }
    | { readonly kind: 'regex'; readonly value: string }
    /** CONNECT, which has no path: '' is its value. */
    | { readonly kind: 'connect'; readonly value: string };
  readonly caseSensitive: boolean;
  readonly headers: readonly HeaderMatchPlan[];
  readonly query: readonly QueryMatchPlan[];
  readonly grpcOnly: boolean;
  /** Share of requests that may match, 0..100; the others go on to the next route. */
  readonly percent: number;
}

export type StringMatchPlan =
  | { readonly kind: 'exact' | 'prefix' | 'suffix' | 'contains'; readonly value: string; readonly ignoreCase: boolean }
  | { readonly kind: 'regex'; readonly value: string };

export interface HeaderMatchPlan {
  /** Lower case; `:method`, `:path`, `:authority` and `:scheme` mean the request line's parts. */
  readonly name: string;
  readonly test:
    | StringMatchPlan
    | { readonly kind: 'present'; readonly present: boolean }
    | { readonly kind: 'range'; readonly start: number; readonly end: number };
  readonly invert: boolean;
  readonly missingAsEmpty: boolean;
}

export interface QueryMatchPlan {
  readonly name: string;
  readonly test: StringMatchPlan | { readonly kind: 'present'; readonly present: boolean };
}
