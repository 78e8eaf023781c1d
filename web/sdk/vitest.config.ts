import { defineConfig } from 'vitest/config';

// A busy machine is slow, not wrong.
export default defineConfig({ test: { include: ['tests/**/*.test.ts'], testTimeout: 60_000 } });
