// A load: GET http://web/ so many times a second, at intended times (a slow answer does not slow the next request down). One JSON
// line for each answer: when it was asked (ms since the epoch), status, ms, and what the services said of themselves.
//
//   node load.mjs REQUESTS_PER_SECOND
const perSecond = Number(process.argv[2]);
let sent = 0;
const begun = Date.now();

async function call(at) {
  const start = performance.now();
  let [status, timing, instance] = [0, '', ''];
  try {
    const answer = await fetch('http://web/');
    await answer.text();
    status = answer.status;
    timing = answer.headers.get('server-timing') ?? '';
    instance = answer.headers.get('x-instance') ?? '';
  } catch {
    // Status 0: no answer at all.
  }
  const ms = performance.now() - start;
  console.log(
    JSON.stringify({ at, status, ms, timing: instance ? `${instance};dur=${ms.toFixed(1)}, ${timing}` : '' }),
  );
}

const timer = setInterval(() => {
  const due = ((Date.now() - begun) / 1000) * perSecond;
  while (sent < due) {
    call(Date.now());
    sent += 1;
  }
}, 5);
process.on('SIGTERM', () => {
  clearInterval(timer);
  setTimeout(() => process.exit(0), 300);
});
