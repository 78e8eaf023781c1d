// The browser that Debian ships, as a person would have it, without what it would load by itself.
import { chromium } from 'playwright-core';

/** Another browser; most stories need one, with a context for each person. */
export function launch() {
  return chromium.launch({
    executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-smooth-scrolling',
      '--disable-sync',
      '--no-first-run',
    ],
  });
}
