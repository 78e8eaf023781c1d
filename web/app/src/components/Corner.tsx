import { words } from '../i18n/language.ts';
import { changeSettings, dark, settings } from '../state/settings.ts';
import { Icon } from './Icon.tsx';

/** Day or night, and the other language: where a newcomer finds them without looking. */
export function Corner() {
  const t = words();
  const other = settings.value.language === 'zh' ? 'en' : 'zh';
  return (
    <>
      <button
        type="button"
        class="text-button"
        aria-label={dark.value ? t.themeToLight : t.themeToDark}
        title={dark.value ? t.themeToLight : t.themeToDark}
        onClick={() => changeSettings({ theme: dark.value ? 'light' : 'dark' })}
      >
        <Icon name={dark.value ? 'sun' : 'moon'} />
      </button>
      <button
        type="button"
        class="text-button"
        lang={other === 'zh' ? 'zh-CN' : 'en'}
        aria-label={`${t.languageOther}: ${t.languageOtherLabel}`}
        onClick={() => changeSettings({ language: other })}
      >
        <Icon name="globe" />
        {t.languageOther}
      </button>
    </>
  );
}
