import { Icon } from '../components/Icon.tsx';
import { changeSettings, dark, settings } from '../state/settings.ts';
import { doorWords } from './words.ts';

/** Day or night, and the other language: where a newcomer finds them without looking. */
export function Corner() {
  const d = doorWords();
  const other = settings.value.language === 'zh' ? 'en' : 'zh';
  return (
    <>
      <button
        type="button"
        class="text-button"
        aria-label={dark.value ? d.themeToLight : d.themeToDark}
        title={dark.value ? d.themeToLight : d.themeToDark}
        onClick={() => changeSettings({ theme: dark.value ? 'light' : 'dark' })}
      >
        <Icon name={dark.value ? 'sun' : 'moon'} />
      </button>
      <button
        type="button"
        class="text-button"
        lang={other === 'zh' ? 'zh-CN' : 'en'}
        aria-label={`${d.languageOther}: ${d.languageOtherLabel}`}
        onClick={() => changeSettings({ language: other })}
      >
        <Icon name="globe" />
        {d.languageOther}
      </button>
    </>
  );
}
