import type { ObjectMeta } from '../model/object.ts';
import { badRequest, Failure } from './failure.ts';

export type Selector = (metadata: ObjectMeta) => boolean;

const key = '[A-Za-z0-9][-A-Za-z0-9_./]*';
const value = '[-A-Za-z0-9_.]*';
const equality = new RegExp(`^(${key})\\s*(==|=|!=)\\s*(${value})$`);
const membership = new RegExp(`^(${key})\\s+(in|notin)\\s*\\(([^()]*)\\)$`);
const existence = new RegExp(`^(!?)\\s*(${key})$`);

/** Kubernetes label selector: `a=b,c!=d,e in (f,g),h notin (i),j,!k`; all must hold. */
export function labelSelector(text: string): Selector | Failure {
  // Commas inside brackets separate values, not requirements.
  const parts = text.split(/,(?![^(]*\))/).map((part) => part.trim());
  const requirements: Selector[] = [];
  for (const part of parts.filter((each) => each !== '')) {
    const requirement = labelRequirement(part);
    if (!requirement) return badRequest(`labelSelector: cannot read ${JSON.stringify(part)}`);
    requirements.push(requirement);
  }
  return (metadata) => requirements.every((each) => each(metadata));
}

function labelRequirement(part: string): Selector | undefined {
  const has = (metadata: ObjectMeta, name: string): string | undefined => metadata.labels?.[name];
  const equal = equality.exec(part);
  if (equal) {
    const [, name = '', operator, wanted] = equal;
    return (metadata) => (has(metadata, name) === wanted) === (operator !== '!=');
  }
  const member = membership.exec(part);
  if (member) {
    const [, name = '', operator, list = ''] = member;
    const values = list.split(',').map((each) => each.trim());
    return (metadata) => values.includes(has(metadata, name) ?? '\0') === (operator === 'in');
  }
  const exists = existence.exec(part);
  if (!exists) return undefined;
  const [, not, name = ''] = exists;
  return (metadata) => (has(metadata, name) === undefined) === (not === '!');
}

/** Kubernetes field selector over metadata.name and metadata.namespace, the fields that every kind has. */
export function fieldSelector(text: string): Selector | Failure {
  const requirements: Selector[] = [];
  for (const part of text.split(',').filter((each) => each.trim() !== '')) {
    const [, field, operator, wanted] = /^\s*([\w.]+)\s*(==|=|!=)\s*([^=!]*?)\s*$/.exec(part) ?? [];
    if (field !== 'metadata.name' && field !== 'metadata.namespace') {
      return badRequest(
        `fieldSelector: ${JSON.stringify(part)}: only metadata.name and metadata.namespace can be selected`,
      );
    }
    const name = field === 'metadata.name' ? 'name' : 'namespace';
    requirements.push((metadata) => (metadata[name] === wanted) === (operator !== '!='));
  }
  return (metadata) => requirements.every((each) => each(metadata));
}

export interface Selection {
  labelSelector?: string;
  fieldSelector?: string;
}

/** Both selectors of a request. */
export function selectorOf(query: Selection): Selector | Failure {
  const byLabel = labelSelector(query.labelSelector ?? '');
  if (byLabel instanceof Failure) return byLabel;
  const byField = fieldSelector(query.fieldSelector ?? '');
  if (byField instanceof Failure) return byField;
  return (metadata) => byLabel(metadata) && byField(metadata);
}
