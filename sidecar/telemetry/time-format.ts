let second = -1;
let secondText = '';
let millisecond = -1;
let text = '';

/**
 * "2026-01-31T23:59:59.123Z". Lines of one second share its text, since making it costs more than the rest of a line; those of
 * one millisecond share all.
 */
export function isoTime(ms: number): string {
  const now = Math.floor(ms);
  if (now === millisecond) return text;
  millisecond = now;
  const whole = Math.floor(now / 1000);
  if (whole !== second) {
    second = whole;
    secondText = new Date(whole * 1000).toISOString().slice(0, 20);
  }
  const rest = now - whole * 1000;
  text = `${secondText}${rest < 10 ? '00' : rest < 100 ? '0' : ''}${rest}Z`;
  return text;
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];

const two = (value: number): string => String(value).padStart(2, '0');

/** The strftime conversions that Envoy's START_TIME knows; times are UTC. */
const CONVERSIONS: Readonly<Record<string, (time: Date) => string>> = {
  Y: (time) => String(time.getUTCFullYear()),
  m: (time) => two(time.getUTCMonth() + 1),
  d: (time) => two(time.getUTCDate()),
  e: (time) => String(time.getUTCDate()).padStart(2),
  H: (time) => two(time.getUTCHours()),
  M: (time) => two(time.getUTCMinutes()),
  S: (time) => two(time.getUTCSeconds()),
  b: (time) => MONTHS[time.getUTCMonth()] ?? '',
  a: (time) => DAYS[time.getUTCDay()] ?? '',
  F: (time) => time.toISOString().slice(0, 10),
  T: (time) => time.toISOString().slice(11, 19),
  s: (time) => String(Math.floor(time.getTime() / 1000)),
  z: () => '+0000',
  Z: () => 'UTC',
  '%': () => '%',
};

/** A function from wall-clock ms to text for a strftime format, or what is wrong with the format. */
export function timeFormat(format: string): ((ms: number) => string) | string {
  const pieces = format.match(/%[1-9]?.|[^%]+/gs) ?? [];
  const parts: ((time: Date) => string)[] = [];
  for (const piece of pieces) {
    const fraction = /^%([1-9])?f$/.exec(piece);
    const convert = CONVERSIONS[piece.slice(1)];
    if (!piece.startsWith('%')) parts.push(() => piece);
    else if (fraction) {
      const digits = Number(fraction[1] ?? 9);
      parts.push((time) => String(time.getUTCMilliseconds()).padStart(3, '0').padEnd(digits, '0').slice(0, digits));
    } else if (convert) parts.push(convert);
    else return `the time conversion ${piece} is not supported`;
  }
  return (ms) => {
    const time = new Date(ms);
    return parts.map((part) => part(time)).join('');
  };
}
