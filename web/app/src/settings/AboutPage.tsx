import * as api from '@teahouse/sdk/api';
import { version } from '../../package.json';
import { useAsked } from '../parts/asked.ts';
import { partWords } from '../parts/words.ts';
import { house } from '../state/house.ts';
import { may } from '../state/me.ts';
import { settingWords } from './words.ts';
import './TransportPage.css';

/** Which program this is. The house tells its own version to who administers it. */
export function AboutPage() {
  const p = partWords();
  const w = settingWords();
  return (
    <>
      <p class="lead">{w.aboutLead}</p>
      <dl class="facts">
        <dt>{w.versionApp}</dt>
        <dd>{version}</dd>
        {may('administer') && <HouseVersion />}
      </dl>
      <p class="lead">{w.licencesLead}</p>
      <a class="button link-button" href="/licenses.txt" target="_blank" rel="noopener">
        {p.menuLicences}
      </a>
    </>
  );
}

function HouseVersion() {
  const asked = useAsked(() => api.now(house()));
  return (
    <>
      <dt>{settingWords().versionHouse}</dt>
      <dd>{asked.value?.version ?? '…'}</dd>
    </>
  );
}
