// What people write becomes what is shown: bold beside Chinese signs, code with colours, hidden parts, links that
// say where they lead. Nothing of it is ever HTML.
import assert from 'node:assert/strict';
import { comeIn, hears, rows, say, words } from '../acts.mjs';
import { story } from '../scene.mjs';

story('marks become what they mean, and HTML stays what it is', async (scene) => {
  const page = await scene.person();
  await comeIn(page, scene.house.url, 'Ada');
  await say(page, '**你好。**世界 ~~旧~~ `x < y` <b>no</b> <img src=x onerror=alert(1)>');
  await hears(page, '世界');
  const row = rows(page).last();
  assert.equal(await row.locator('strong').textContent(), '你好。');
  assert.equal(await row.locator('s').textContent(), '旧');
  assert.equal(await row.locator('code').textContent(), 'x < y');
  assert.equal(await row.locator('.message-text b, .message-text img').count(), 0);
  assert.match(
    (await row.getAttribute('aria-label')) ?? '',
    /^Ada: 你好。世界 旧 x < y <b>no<\/b>/,
    'who listens hears no marks',
  );
});

story('code has its language, its colours, and a way to the clipboard', async (scene) => {
  const page = await scene.person();
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await comeIn(page, scene.house.url, 'Ada');
  const field = page.getByRole('textbox', { name: words.en.text });
  await field.fill('```rust\nfn main() {} // 茶馆\n```');
  await page.getByRole('button', { name: words.en.send, exact: true }).click();
  const block = page.getByRole('log').getByRole('region', { name: 'Code, rust' });
  await block.locator('.code-kw').first().waitFor();
  assert.equal((await block.textContent())?.trim(), 'fn main() {} // 茶馆');
  await page.getByRole('log').getByRole('button', { name: 'Copy', exact: true }).click();
  await page.getByText('Copied').waitFor();
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), 'fn main() {} // 茶馆');
});

story('what is hidden waits to be asked for, and a masked address too', async (scene) => {
  const [ada, lin] = [await scene.person(), await scene.person({ locale: 'zh-CN' })];
  await comeIn(ada, scene.house.url, 'Ada');
  await comeIn(lin, scene.house.url, '林晓', words.zh);
  await say(ada, 'the end: ||he lives|| [https://bank.example](https://elsewhere.example/x)');
  await hears(lin, 'the end');
  const row = rows(lin).last();
  const cover = row.getByRole('button', { name: '内容已遮住，按一下显示' });
  assert.match((await row.getAttribute('aria-label')) ?? '', /the end: ▒▒▒/);
  await cover.click();
  await row.getByText('he lives').waitFor();
  assert.equal(await cover.count(), 0);
  await row.getByRole('link', { name: 'https://bank.example' }).click();
  const dialog = lin.getByRole('dialog');
  await dialog.getByText('https://elsewhere.example/x').waitFor();
  await lin.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });
});

story('a long message is folded until it is asked for', async (scene) => {
  const page = await scene.person();
  await comeIn(page, scene.house.url, 'Ada');
  await say(page, Array.from({ length: 40 }, (_, index) => `line ${index}`).join('\n'));
  await hears(page, 'line 39');
  const text = rows(page).last().locator('.message-text');
  const folded = (await text.boundingBox())?.height ?? 0;
  assert.ok(folded > 300 && folded < 420, `${folded} pixels are 16 lines`);
  await page.getByRole('button', { name: 'Show all' }).click();
  assert.ok(((await text.boundingBox())?.height ?? 0) > 900);
});
