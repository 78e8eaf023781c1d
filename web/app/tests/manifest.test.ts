import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parseRoute } from '../src/state/route.ts';

const folder = new URL('../public/', import.meta.url);
const manifest = JSON.parse(readFileSync(new URL('manifest.webmanifest', folder), 'utf8'));

interface Icon {
  src: string;
  sizes: string;
  type: string;
  purpose: string;
}

const icons: Icon[] = manifest.icons;

/** Width and height as the head of a PNG says them. */
function sizeOf(src: string): string {
  const bytes = readFileSync(new URL(`.${src}`, folder));
  expect(bytes.subarray(1, 4).toString('latin1')).toBe('PNG');
  return `${bytes.readUInt32BE(16)}x${bytes.readUInt32BE(20)}`;
}

test('the app has a name in both languages', () => {
  for (const key of ['name', 'short_name', 'description']) {
    expect(Object.keys(manifest[`${key}_localized`])).toEqual(['en', 'zh-CN']);
    expect(manifest[`${key}_localized`]['zh-CN']).toMatch(/\p{Script=Han}/u);
    expect(manifest[`${key}_localized`].en).not.toMatch(/\p{Script=Han}/u);
  }
  // A browser that knows one name shows both.
  expect(manifest.name).toMatch(/茶馆.*Teahouse/);
});

test.each(['any', 'maskable'])('there are icons of purpose %s, as large as they say', (purpose) => {
  const found = icons.filter((icon) => icon.purpose === purpose);
  const drawn = found.filter(({ type }) => type === 'image/png');
  expect(drawn.map(({ sizes }) => sizes)).toEqual(['192x192', '512x512']);
  for (const { src, sizes } of drawn) expect(sizeOf(src)).toBe(sizes);
});

test('nothing of the maskable icon is outside of the circle that every mask shows', () => {
  const svg = readFileSync(new URL('icon.svg', folder), 'utf8');
  // The mark is drawn in a square of 40 in the middle of 80: its corner is 28.3 from the middle, the circle 32.
  expect(svg).toContain('viewBox="0 0 80 80"');
  expect(svg).toContain('translate(20 20)');
  expect(Math.hypot(20, 20)).toBeLessThan(0.4 * 80);
});

test('every shortcut leads to a screen and is named in both languages', () => {
  expect(manifest.shortcuts.length).toBeGreaterThan(2);
  for (const { url, name, name_localized } of manifest.shortcuts) {
    expect(parseRoute(new URL(url, 'http://house.test')).screen).not.toBe('missing');
    expect(name).toBe(`${name_localized['zh-CN']} · ${name_localized.en}`);
  }
});
