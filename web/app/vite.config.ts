import { defineConfig } from 'vitest/config';
import { compressAssets } from './build/compress.ts';
import { emojiTables } from './build/emoji.ts';
import { collectLicences } from './build/licences.ts';

// Vite and Vitest want the default export.
export default defineConfig({
  plugins: [emojiTables(), collectLicences(), compressAssets()],
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    target: 'es2022',
    cssTarget: ['chrome123', 'firefox120', 'safari17.4'],
    // The polyfill would be an inline script in spirit: every supported browser preloads modules by itself.
    modulePreload: { polyfill: false },
    // No data: addresses: every asset is a file, so that the content security policy stays short.
    assetsInlineLimit: 0,
    // What every page needs stays in one piece: small pieces compress worse.
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            {
              name: 'first',
              test: /\/(?:node_modules\/(?:@?preact|idb)|src\/(?:main|components|state|storage|text(?!\/pinyin)))\b/,
            },
          ],
        },
      },
    },
  },
  test: { include: ['tests/**/*.test.ts'], environment: 'node' },
});
