import type { Random } from '../../shared/struct/random.ts';
import type { Wheel } from '../../shared/time/wheel.ts';
import type { Current } from '../core/current.ts';
import type { TcpProxyPlan } from '../core/plan/tcp-proxy.ts';
import type { Turn } from '../core/turn.ts';
import type { RuntimeView } from '../http/context.ts';
import type { Split } from '../route/split.ts';
import type { AccessLog } from '../telemetry/access-log.ts';
import type { TcpMetrics } from '../telemetry/tcp-metrics.ts';
import type { TcpStats } from '../telemetry/tcp-stats.ts';

/** What every connection of one TCP proxy needs, fixed when its configuration arrived. */
export interface TcpContext {
  readonly plan: TcpProxyPlan;
  /** Among the plan's clusters; null = there is one. */
  readonly split: Split | null;
  readonly stats: TcpStats;
  readonly metrics: TcpMetrics;
  readonly accessLog: AccessLog | null;
  readonly current: Current<RuntimeView>;
  readonly turn: Turn;
  readonly wheel: Wheel;
  readonly random: Random;
}
