import { typeOf } from '../../shared/xds/codec.ts';
import type { AccessLog, AccessLogFilter, SubstitutionFormatString } from '../../shared/xds/messages.gen.ts';
import type { AccessLogPlan } from '../core/plan/access-log.ts';
import { DEFAULT_FORMAT } from '../telemetry/access-log.ts';
import { checkFormat } from '../telemetry/format.ts';
import { extensionOf } from './extension.ts';
import type { Place } from './place.ts';

const file = 'envoy.extensions.access_loggers.file.v3.FileAccessLog';
const stdout = 'envoy.extensions.access_loggers.stream.v3.StdoutAccessLog';
const stderr = 'envoy.extensions.access_loggers.stream.v3.StderrAccessLog';

/** One access logger, or undefined when it is none that we have. */
export function accessLog(log: AccessLog, place: Place): AccessLogPlan | undefined {
  place.only(log, ['name', 'filter', 'typed_config']);
  const only = log.filter ? filterOf(log.filter, place.at('filter')) : 'all';
  const at = place.at('typed_config');
  const type = log.typed_config ? typeOf(log.typed_config) : '';
  if (type === stdout || type === stderr) {
    const stream = extensionOf(type, log.typed_config, at);
    const path = type === stdout ? '/dev/stdout' : '/dev/stderr';
    return { path, format: formatOf(stream?.log_format, at.at('log_format')), only };
  }
  const config = extensionOf(file, log.typed_config, at);
  if (!config) return undefined;
  if (!config.path) at.at('path').wrong('is required');
  const format: AccessLogPlan['format'] =
    config.format === undefined
      ? formatOf(config.log_format, at.at('log_format'))
      : textFormat(config.format, at.at('format'));
  return { path: config.path ?? '', format, only };
}

function formatOf(format: SubstitutionFormatString | undefined, place: Place): AccessLogPlan['format'] {
  if (!format) return textFormat('', place);
  place.only(format, ['text_format', 'text_format_source', 'json_format']);
  if (format.json_format) {
    // An empty json_format asks for Aya's own fields; which fields there are cannot be chosen.
    if (Object.keys(format.json_format.fields).length > 0) {
      place.at('json_format').unsupported('leave it empty for the fields of Aya');
    }
    return { kind: 'json' };
  }
  if (format.text_format_source) {
    place.at('text_format_source').only(format.text_format_source, ['inline_string']);
    const { inline_string: text } = format.text_format_source;
    return textFormat(text, place.at('text_format_source').at('inline_string'));
  }
  return textFormat(format.text_format, place.at('text_format'));
}

function textFormat(text: string | undefined, place: Place): AccessLogPlan['format'] {
  for (const problem of checkFormat(text ?? '', 'log')) place.wrong(problem);
  return { kind: 'text', text: text || DEFAULT_FORMAT };
}

/** The one filter there is, "only errors": status 500 and more, or any response flag. */
function filterOf(filter: AccessLogFilter, place: Place): AccessLogPlan['only'] {
  const parts = filter.or_filter?.filters ?? [];
  const status = parts.some(({ status_code_filter }) => {
    const { op, value } = status_code_filter?.comparison ?? {};
    return op === 'GE' && value?.default_value === 500;
  });
  const flags = parts.some(({ response_flag_filter }) => response_flag_filter?.flags.length === 0);
  if (status && flags && parts.length === 2) return 'errors';
  place.unsupported('only an or_filter of status_code_filter GE 500 and a response_flag_filter without flags');
  return 'all';
}
