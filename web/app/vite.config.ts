import { defineConfig } from 'vitest/config';
import { compressAssets } from './build/compress.ts';
import { emojiTables } from './build/emoji.ts';
import { collectLicences } from './build/licences.ts';
import { pieces } from './build/pieces.ts';
import { squeezeFirst } from './build/squeeze.ts';
import { serviceWorker } from './build/worker.ts';

// Vite and Vitest want the default export.
export default defineConfig({
  plugins: [emojiTables(), collectLicences(), squeezeFirst(), serviceWorker(), compressAssets()],
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    target: 'es2022',
    cssTarget: ['chrome123', 'firefox120', 'safari17.4'],
    // The polyfill would be an inline script in spirit: every supported browser preloads modules by itself.
    // The names of all pieces that a piece needs would be in the first load: it says only which styles to wait for.
    modulePreload: {
      polyfill: false,
      resolveDependencies: (_, files) => files.filter((file) => file.endsWith('.css')),
    },
    // No data: addresses: every asset is a file, so that the content security policy stays short.
    assetsInlineLimit: 0,
    rolldownOptions: {
      output: {
        // Each name stands in the first load.
        entryFileNames: 'assets/[name]-[hash:7].js',
        chunkFileNames: 'assets/[name]-[hash:7].js',
        assetFileNames: 'assets/[name]-[hash:7][extname]',
        codeSplitting: { groups: pieces(import.meta.dirname) },
      },
    },
  },
  // A busy machine is slow, not wrong.
  test: { include: ['tests/**/*.test.ts'], environment: 'node', testTimeout: 60_000 },
});
