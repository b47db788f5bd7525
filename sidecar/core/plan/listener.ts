import type { HttpManagerPlan } from './http-manager.ts';

export interface ListenerPlan {
  readonly name: string;
  readonly address: string;
  readonly port: number;
  readonly direction: 'inbound' | 'outbound' | 'unspecified';
  readonly http: HttpManagerPlan;
}
