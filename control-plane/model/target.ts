import { serviceName } from './names.ts';
import { list, object, oneOf, preset, required, type Schema } from './schema.ts';

/** What a policy is about: a Service of its own namespace (Gateway API, LocalPolicyTargetReference). */
export interface TargetRef {
  group: '';
  kind: 'Service';
  name: string;
}

const coreGroup: Schema<''> = (value, path, problems) => {
  if (value !== '' && value !== 'core')
    problems.add(path, `must be "" (the group of Service); got ${JSON.stringify(value)}`);
  return '';
};

const target = object<TargetRef>(
  {
    group: preset(coreGroup, ''),
    kind: required(oneOf(['Service'])),
    name: required(serviceName),
  },
  { later: ['namespace', 'sectionName'] },
);

/** The `targetRefs` of a policy: 1 to 16 different Services. */
export const targetRefs: Schema<TargetRef[]> = list(target, {
  min: 1,
  max: 16,
  unique: { by: (each) => each.name, path: 'name' },
});
