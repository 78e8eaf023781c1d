// What axe has to say about a page: nothing.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';

const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Looks at the whole page as it is now. @param {import('playwright-core').Page} page @param {string} where */
export async function content(page, where) {
  await page.evaluate(axe);
  const found = await page.evaluate(async () => {
    const { axe } = /** @type {{axe: typeof import('axe-core')}} */ (
      /** @type {unknown} */ (globalThis)
    );
    const { violations, passes } = await axe.run(document, { resultTypes: ['violations'] });
    return {
      passes: passes.length,
      violations: violations.map(
        (rule) => `${rule.id}: ${rule.help}: ${rule.nodes.map((node) => node.html).join(' ')}`,
      ),
    };
  });
  assert.deepEqual(found.violations, [], where);
  assert.ok(found.passes > 10, 'axe looked at something');
}
