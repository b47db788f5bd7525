import { isAuthority } from '../codec/http1/target.ts';
import type { Place } from './place.ts';

/**
 * Text of the configuration that becomes part of a message. Whatever stands here goes out byte for byte, one per character, so
 * a line break would begin another header, or another message; a character above U+00FF would lose its upper bits on the way
 * and become one.
 */

/** RFC 9110 5.5, without the control characters. */
const fieldValue = /^[\t\x20-\x7e\x80-\xff]*$/;
/** Visible ASCII: what may stand in a request line or a URI. */
const visible = /^[!-~]*$/;

/** A header value; '' is one. */
export function headerValue(text: string | undefined, place: Place): string {
  if (text !== undefined && !fieldValue.test(text)) place.wrong('holds a character that a header value must not have');
  return text ?? '';
}

/** A path from its root on, perhaps with a query; '' is none. */
export function targetPath(text: string | undefined, place: Place): string {
  if (text !== undefined && text !== '' && !text.startsWith('/')) place.wrong(`"${text}" must begin with "/"`);
  return targetPart(text, place);
}

/** A part of a path. */
export function targetPart(text: string | undefined, place: Place): string {
  if (text !== undefined && (!visible.test(text) || text.includes('#'))) {
    place.wrong('holds a character that a request target must not have: percent-encode it');
  }
  return text ?? '';
}

/** A path or a part of one, perhaps with a fragment, for a Location. */
export function uriPart(text: string | undefined, place: Place): string {
  if (text !== undefined && !visible.test(text))
    place.wrong('holds a character that a URI must not have: percent-encode it');
  return text ?? '';
}

/** A host, perhaps with a port; '' is none. */
export function hostText(text: string | undefined, place: Place): string {
  if (text !== undefined && !isAuthority(text)) place.wrong(`"${text}" is no host`);
  return text ?? '';
}

/** The scheme of a URI, lower case; '' is none. */
export function schemeText(text: string | undefined, place: Place): string {
  const scheme = (text ?? '').toLowerCase();
  if (!/^([a-z][a-z0-9+.-]*)?$/.test(scheme)) place.wrong(`"${text}" is no scheme`);
  return scheme;
}
