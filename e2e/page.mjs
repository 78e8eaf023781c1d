// Measures the page against the budgets of the design: bin/bench page. Times are of this machine; read them beside
// its name. Ends by itself.
import { cpus } from 'node:os';
import { comeIn, hears, rows, say } from './acts.mjs';
import { launch } from './browser.mjs';
import { House } from './house.mjs';

/** @typedef {import('playwright-core').Page} Page */
/** @typedef {import('playwright-core').CDPSession} Cdp */
/** @typedef {{what: string, is: number, limit: number, unit: string}} Line */

const past = 10_000;
const fast = { TEAHOUSE_SENDS_PER_SECOND: '100000', TEAHOUSE_SENDS_BURST: '100000' };

const house = await House.start(fast);
const browser = await launch();
/** @type {Line[]} */
const lines = [];
try {
  const writer = await plainWriter(house.url);
  await writer.write('past', past);
  const page = await (
    await browser.newContext({ locale: 'en-GB', viewport: { width: 1280, height: 800 } })
  ).newPage();
  await page.context().addInitScript(watch);
  const cdp = await page.context().newCDPSession(page);
  await cdp.send('Performance.enable');
  await comeIn(page, house.url, 'Ada');
  await hears(page, `past ${past}`);
  await opening(page, cdp);
  for (const width of [390, 800, 1440]) await settling(width);
  await sending(page);
  await appending(page, cdp, writer);
  await scrolling(page, cdp);
  writer.close();
  tell();
} finally {
  await browser.close();
  await house.close();
}

/** From the opening of the page to its first message; the shell is cached, the processor four times slower. @param {Page} page @param {Cdp} cdp */
async function opening(page, cdp) {
  await cdp.send('Emulation.setCPUThrottlingRate', { rate: 4 });
  const times = [];
  for (let round = 0; round < 7; round += 1) {
    await page.reload();
    await rows(page).first().waitFor({ state: 'attached' });
    times.push(await page.evaluate(() => /** @type {any} */ (globalThis).seen.first));
  }
  await cdp.send('Emulation.setCPUThrottlingRate', { rate: 1 });
  add('page open to first message, processor 4 times slower', median(times), 600, 'ms');
  const shift = await page.evaluate(() => /** @type {any} */ (globalThis).seen.shift);
  add('layout shift after the first paint', shift, 0, '');
}

/** What moves while the page comes together, on screens of other widths. @param {number} width */
async function settling(width) {
  const context = await browser.newContext({
    locale: 'en-GB',
    viewport: { width, height: 850 },
    hasTouch: width < 720,
  });
  await context.addInitScript(watch);
  const page = await context.newPage();
  await comeIn(page, house.url, `Ada${width}`);
  await hears(page, `past ${past}`);
  await page.reload();
  await hears(page, `past ${past}`);
  // The last that comes are the buttons under the field, or the plus before it.
  await page
    .getByRole('button', { name: /^(Attach|More)/ })
    .first()
    .waitFor();
  const shift = await page.evaluate(() => /** @type {any} */ (globalThis).seen.shift);
  add(`the same at ${width} px`, shift, 0, '');
  await context.close();
}

/** From the key to the row. @param {Page} page */
async function sending(page) {
  for (let n = 0; n < 30; n += 1) {
    await say(page, `quick ${n}`);
    await hears(page, `quick ${n}`);
  }
  const times = await page.evaluate(() => /** @type {any} */ (globalThis).seen.sent);
  if (times.length < 30) throw new Error(`Only ${times.length} of 30 rows were seen.`);
  add('key press to message in the list, median', median(times), 17, 'ms');
}

/** Many arrive while somebody is at the live end. @param {Page} page @param {Cdp} cdp @param {Awaited<ReturnType<typeof plainWriter>>} writer */
async function appending(page, cdp, writer) {
  const before = await metric(cdp, 'TaskDuration');
  await writer.write('live', 1000);
  await hears(page, 'live 1000');
  const busy = await metric(cdp, 'TaskDuration');
  add('1,000 events at the live end, main thread', (busy - before) * 1000, 3000, 'ms');
}

/** Up to the beginning of the room. @param {Page} page @param {Cdp} cdp */
async function scrolling(page, cdp) {
  let elements = 0;
  await page.evaluate(watchLines);
  await page.locator('#messages').hover();
  for (let oldest = Number.POSITIVE_INFINITY; oldest > 1; ) {
    await page.mouse.wheel(0, -100_000);
    oldest = await page.evaluate(grown, oldest);
    elements = Math.max(
      elements,
      await page.evaluate(() => document.querySelectorAll('#messages *').length),
    );
  }
  await cdp.send('HeapProfiler.collectGarbage');
  add(
    `heap after ${past.toLocaleString('en')} messages scrolled back`,
    (await metric(cdp, 'JSHeapUsedSize')) / 1e6,
    60,
    'MB',
  );
  add('elements in the list, at most', elements, 6000, '');
  const { moved, compared } = await page.evaluate(() => /** @type {any} */ (globalThis).seen);
  if (compared < past) throw new Error(`Only ${compared} lines were looked at twice.`);
  add('lines that moved among the others while older came', moved, 0, '');
}

/** Waits until something older is there. @param {number} before */
async function grown(before) {
  for (;;) {
    const [row] = document.querySelectorAll('article[data-seq]');
    const oldest = Number(row?.getAttribute('data-seq'));
    if (oldest < before || oldest === 1) return oldest;
    await new Promise((done) => requestAnimationFrame(done));
  }
}

/**
 * Counts, frame by frame, the lines that moved while those around them did not. (The browser's own measure of
 * layout shifts takes a row that loses its head for one whose text moved.)
 */
function watchLines() {
  const { seen } = /** @type {any} */ (globalThis);
  Object.assign(seen, { moved: 0, compared: 0 });
  /** @type {Map<string | undefined, number>} */
  let before = new Map();
  const look = () => {
    const lines = [...document.querySelectorAll('#messages .message-text')];
    const tops = new Map(
      lines.map((line) => [
        line.closest('article')?.dataset['seq'],
        line.getBoundingClientRect().top,
      ]),
    );
    const steps = [...tops].flatMap(([seq, top]) => {
      const was = before.get(seq);
      return was === undefined ? [] : [top - was];
    });
    seen.compared += steps.length;
    const scrolled = steps.toSorted((a, b) => a - b)[steps.length >> 1] ?? 0;
    seen.moved += steps.filter((step) => Math.abs(step - scrolled) > 1).length;
    before = tops;
    requestAnimationFrame(look);
  };
  look();
}

/** Runs in each page before its own scripts: notes when what was there. */
function watch() {
  const seen = { first: 0, shift: 0, sent: /** @type {number[]} */ ([]) };
  Object.assign(globalThis, { seen });
  let pressed = 0;
  addEventListener(
    'keydown',
    ({ key, timeStamp }) => {
      if (key === 'Enter') pressed = timeStamp;
    },
    true,
  );
  new MutationObserver((changes) => {
    const now = performance.now();
    for (const { addedNodes } of changes) {
      for (const node of addedNodes) {
        if (!(node instanceof Element)) continue;
        const row = node.matches('article') ? node : node.querySelector('article');
        if (row === null) continue;
        seen.first ||= now;
        if (pressed > 0 && row.textContent.includes('quick ')) {
          seen.sent.push(now - pressed);
          pressed = 0;
        }
      }
    }
  }).observe(document, { childList: true, subtree: true });
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) seen.shift += /** @type {any} */ (entry).value;
  }).observe({ type: 'layout-shift', buffered: true });
}

/** Somebody who writes many lines through the plain-text room, a few hundred on their way at a time. @param {string} url */
async function plainWriter(url) {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/chat`);
  await new Promise((done, fail) => {
    socket.onopen = done;
    socket.onclose = fail;
  });
  const most = 300;
  return {
    /** @param {string} word @param {number} count */
    write(word, count) {
      let [sent, heard] = [0, 0];
      const more = () => {
        while (sent < count && sent - heard < most) {
          sent += 1;
          socket.send(`${word} ${sent}`);
        }
      };
      return new Promise((done, fail) => {
        socket.onclose = () => fail(new Error(`The house hung up after ${heard} lines.`));
        socket.onmessage = ({ data }) => {
          if (!String(data).includes(`: ${word} `)) return;
          heard += 1;
          if (heard === count) done(undefined);
          else more();
        };
        more();
      });
    },
    close: () => socket.close(),
  };
}

/** @param {Cdp} cdp @param {string} name */
async function metric(cdp, name) {
  const { metrics } = await cdp.send('Performance.getMetrics');
  const found = metrics.find((one) => one.name === name);
  if (found === undefined) throw new Error(`This browser measures no ${name}.`);
  return found.value;
}

/** @param {string} what @param {number} is @param {number} limit @param {string} unit */
function add(what, is, limit, unit) {
  lines.push({ what, is, limit, unit });
}

/** @param {number[]} values */
function median(values) {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

/** Prints the table; what is over its limit is marked. */
function tell() {
  const [cpu] = cpus();
  process.stdout.write(
    `${browser.version()} headless, ${cpus().length} × ${cpu?.model ?? 'processor'}\n`,
  );
  for (const { what, is, limit, unit } of lines) {
    const over = is > limit;
    const figure = `${is.toLocaleString('en', { maximumFractionDigits: is < 1 ? 4 : 1 })} ${unit}`;
    process.stdout.write(
      `${what.padEnd(56)} ${figure.padStart(12)}   limit ${limit} ${unit}${over ? '   OVER' : ''}\n`,
    );
  }
}
