// Times and days in the language of the page, hours as the person wants them. Formats are made once per language and
// form of hours: making one costs more than using it.
import type { Messages } from '../i18n/messages.en.ts';
import { settings } from '../state/settings.ts';

interface Formats {
  time: Intl.DateTimeFormat;
  weekday: Intl.DateTimeFormat;
  dated: Intl.DateTimeFormat;
  full: Intl.DateTimeFormat;
  short: Intl.DateTimeFormat;
}

const made = new Map<string, Formats>();

/** As this device writes times, whatever the language of the page. */
const device = new Intl.DateTimeFormat(undefined, { hour: 'numeric' }).resolvedOptions().hourCycle;

/** Reading a time in a component follows the setting. */
function formats(tag: string): Formats {
  const { hours } = settings.value;
  const key = tag + hours;
  let known = made.get(key);
  if (known === undefined) {
    const wanted = hours === 'auto' ? device : hours;
    const hourCycle = wanted === 'h11' || wanted === 'h12' ? 'h12' : 'h23';
    known = {
      time: new Intl.DateTimeFormat(tag, {
        hour: hourCycle === 'h12' ? 'numeric' : '2-digit',
        minute: '2-digit',
        hourCycle,
      }),
      weekday: new Intl.DateTimeFormat(tag, { weekday: 'long', month: 'long', day: 'numeric' }),
      dated: new Intl.DateTimeFormat(tag, {
        year: 'numeric',
        month: 'long',
        day: 'numeric',
        weekday: 'long',
      }),
      full: new Intl.DateTimeFormat(tag, { dateStyle: 'full', timeStyle: 'medium', hourCycle }),
      short: new Intl.DateTimeFormat(tag, { dateStyle: 'medium', timeStyle: 'short', hourCycle }),
    };
    made.set(key, known);
  }
  return known;
}

export function clock(tag: string, at: number): string {
  return formats(tag).time.format(at);
}

export function fullTime(tag: string, at: number): string {
  return formats(tag).full.format(at);
}

/** Day and time in short, for the sentences of a dictionary. */
export function timesIn(tag: string): { format: (at: number) => string } {
  return { format: (at) => formats(tag).short.format(at) };
}

/** In a list: the time today, the weekday this week, else the day; with the year if it is not this one. */
export function shortTime(tag: string, at: number, now = Date.now()): string {
  const ago = dayOf(now) - dayOf(at);
  if (ago === 0) return clock(tag, at);
  if (ago > 0 && ago < 7) return new Intl.DateTimeFormat(tag, { weekday: 'short' }).format(at);
  const sameYear = new Date(at).getFullYear() === new Date(now).getFullYear();
  const year = sameYear ? undefined : 'numeric';
  return new Intl.DateTimeFormat(tag, { day: 'numeric', month: 'short', year }).format(at);
}

/** Days since the local calendar's own beginning: equal for two moments of one local day. */
export function dayOf(at: number): number {
  const date = new Date(at);
  return Math.round(Date.UTC(date.getFullYear(), date.getMonth(), date.getDate()) / 86_400_000);
}

/** *Today*, *Yesterday*, else weekday and date; with the year if it is not this one. */
export function dayLabel(t: Messages, at: number, now: number): string {
  const ago = dayOf(now) - dayOf(at);
  if (ago === 0) return t.listToday;
  if (ago === 1) return t.listYesterday;
  const sameYear = new Date(at).getFullYear() === new Date(now).getFullYear();
  return (sameYear ? formats(t.tag).weekday : formats(t.tag).dated).format(at);
}
