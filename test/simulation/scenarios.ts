import type { Random } from '../../shared/struct/random.ts';
import type { Mesh, Result, Scenario } from './mesh.ts';
import { common, type PolicyName } from './policies.ts';
import { Replica } from './replica.ts';

/** What is to hold in every seed. `of` has the results of one seed by policy. */
export interface Expectation {
  readonly claim: string;
  readonly holds: (of: (policy: PolicyName) => Result) => boolean;
}

export interface Comparison {
  readonly scenario: Scenario;
  readonly policies: readonly PolicyName[];
  readonly expectations: readonly Expectation[];
}

/** Processors of an endpoint, and mean work of a request in ms. */
const [PROCESSORS, WORK] = [4, 20];

/** Requests per ms that are `load` of what endpoints of these speeds can do together. */
const rateOf = (load: number, speeds: number): number => (load * PROCESSORS * speeds) / WORK;

const equal =
  (count: number, processors = PROCESSORS): Scenario['replicas'] =>
  (events) =>
    Array.from({ length: count }, () => new Replica(events, processors));

const below = (
  better: PolicyName,
  worse: PolicyName,
  what: keyof Pick<Result, 'p50' | 'p99' | 'p999' | 'errors'>,
  factor = 1,
): Expectation => ({
  claim: `${what} of ${better} is below ${factor === 1 ? '' : `${factor} x `}that of ${worse}`,
  holds: (of) => of(better)[what] < factor * of(worse)[what],
});

/** Does something at shares of the time. */
const at = (mesh: Mesh, ms: number, action: () => void): void => mesh.events.after(ms, action);

/** Every comparison, `duration` ms of virtual time each. `size`: 1 = the paper's number of endpoints and callers. */
export function comparisons(duration: number, size: number): Comparison[] {
  const [begin, end] = [0.4 * duration, 0.7 * duration];
  return [
    {
      scenario: {
        name: '3 equal endpoints, 2 sidecars',
        sidecars: 2,
        replicas: equal(3),
        rate: rateOf(0.8, 3),
        work: WORK,
        duration,
      },
      policies: common,
      expectations: [below('least request', 'random', 'p99'), below('least loaded', 'round robin', 'p99')],
    },
    {
      scenario: {
        name: '30 endpoints of speeds 1:2:4, 20 sidecars',
        sidecars: 20,
        replicas: (events) =>
          Array.from({ length: 30 }, (_, index) => new Replica(events, PROCESSORS, 2 ** (index % 3) / 2)),
        rate: rateOf(0.7, 35),
        work: WORK,
        duration,
      },
      policies: common,
      expectations: [
        below('least request', 'round robin', 'p99', 0.5),
        below('peak EWMA', 'round robin', 'p99', 0.5),
        below('Prequal', 'round robin', 'p99', 0.5),
        below('weighted round robin', 'round robin', 'p99'),
      ],
    },
    {
      scenario: {
        name: 'one of 10 is ten times slower for a while',
        sidecars: 10,
        replicas: equal(10),
        rate: rateOf(0.6, 10),
        work: WORK,
        duration,
        story(mesh) {
          at(mesh, begin, () => setSpeed(mesh.replicas[0], 0.1));
          at(mesh, end, () => setSpeed(mesh.replicas[0], 1));
        },
      },
      policies: common,
      expectations: [
        below('least request', 'round robin', 'p99', 0.5),
        below('peak EWMA', 'round robin', 'p99', 0.5),
        below('peak EWMA', 'least request', 'p999'),
      ],
    },
    {
      scenario: {
        name: 'one of 10 fails fast for a while (nobody ejects it)',
        sidecars: 10,
        replicas: equal(10),
        rate: rateOf(0.6, 10),
        work: WORK,
        duration,
        story(mesh) {
          at(mesh, begin, () => setFailing(mesh.replicas[0], true));
          at(mesh, end, () => setFailing(mesh.replicas[0], false));
        },
      },
      policies: common,
      expectations: [
        below('peak EWMA', 'round robin', 'errors', 0.5),
        below('least response time', 'round robin', 'errors', 0.5),
        below('Prequal', 'round robin', 'errors'),
      ],
    },
    {
      scenario: {
        name: 'one of 10 fails every other half second',
        sidecars: 10,
        replicas: equal(10),
        rate: rateOf(0.6, 10),
        work: WORK,
        duration,
        story(mesh) {
          const flap = (failing: boolean): void => {
            setFailing(mesh.replicas[0], failing);
            at(mesh, 500, () => flap(!failing));
          };
          flap(true);
        },
      },
      policies: common,
      expectations: [below('peak EWMA', 'round robin', 'errors', 0.5)],
    },
    {
      scenario: {
        name: 'a cold endpoint joins 9 (a tenth of its speed, whole after 5 s)',
        sidecars: 10,
        replicas: equal(9),
        rate: rateOf(0.7, 9),
        work: WORK,
        duration: Math.max(duration, 10_000),
        story(mesh) {
          at(mesh, 3_000, () => {
            const cold = new Replica(mesh.events, PROCESSORS, 0.1);
            mesh.join(cold);
            const warm = (tenths: number): void => {
              setSpeed(cold, tenths / 10);
              if (tenths < 10) at(mesh, 555, () => warm(tenths + 1));
            };
            warm(1);
          });
        },
      },
      policies: [...common, 'least request, slow start', 'round robin, slow start'],
      expectations: [
        below('round robin, slow start', 'round robin', 'p99'),
        below('least request', 'round robin', 'p99'),
      ],
    },
    {
      scenario: {
        name: '20 endpoints, 200 sidecars that each know little',
        sidecars: 200,
        replicas: equal(20),
        rate: rateOf(0.85, 20),
        work: WORK,
        duration,
      },
      policies: common,
      expectations: [below('Prequal', 'least request', 'p99'), below('Prequal', 'least loaded', 'p99')],
    },
    {
      scenario: {
        name: '1000 endpoints of one processor, 20 sidecars',
        sidecars: 20,
        replicas: equal(1_000, 1),
        rate: (0.7 * 1_000) / WORK,
        work: WORK,
        duration: duration / 4,
      },
      policies: common,
      expectations: [below('least request', 'random', 'p99'), below('Prequal', 'least request', 'p99')],
    },
    antagonists(duration, Math.round(100 * size)),
  ];
}

/**
 * The paper's testbed in its shape: as many callers as endpoints, on machines where others take what is not ours for
 * fractions of a second at a time, on some of them most of the time; all of our share is needed.
 */
function antagonists(duration: number, count: number): Comparison {
  const turn = (replica: Replica, pressure: number, mesh: Mesh, random: Random): void => {
    const busy = random() < pressure;
    replica.processors = busy ? 0.9 * PROCESSORS : PROCESSORS * (1 + 2 * random());
    at(mesh, -500 * Math.log(1 - random()), () => turn(replica, pressure, mesh, random));
  };
  return {
    scenario: {
      name: `antagonists on ${count} machines, ${count} sidecars (Prequal paper)`,
      sidecars: count,
      replicas: equal(count),
      rate: rateOf(1, count),
      work: WORK,
      duration,
      story(mesh, random) {
        mesh.allocation = PROCESSORS;
        for (const replica of mesh.replicas) turn(replica, 0.05 + 0.5 * random(), mesh, random);
      },
    },
    policies: common,
    expectations: (['weighted round robin', 'least loaded', 'least request'] as const).flatMap((other) => [
      below('Prequal', other, 'p99'),
      below('Prequal', other, 'p999'),
    ]),
  };
}

function setSpeed(replica: Replica | undefined, speed: number): void {
  if (replica) replica.speed = speed;
}

function setFailing(replica: Replica | undefined, failing: boolean): void {
  if (replica) replica.failing = failing;
}
