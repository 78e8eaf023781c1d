// Passkeys: the browser's ceremony between two requests. The browser itself reads and writes the JSON form.
import * as api from '@teahouse/sdk/api';
import { house } from '../state/house.ts';

/** Whether this page can: passkeys need a secure page and a browser that speaks their JSON form. */
export function canPasskey(): boolean {
  return (
    globalThis.isSecureContext &&
    typeof globalThis.PublicKeyCredential?.parseCreationOptionsFromJSON === 'function'
  );
}

/** Signs in with a passkey of this device; rejects with a `DOMException` when the person declined. */
export async function signInByPasskey(): Promise<void> {
  type Options = { publicKey: PublicKeyCredentialRequestOptionsJSON };
  const { ticket, options } = await api.beginPasskeySignIn<Options | Options['publicKey']>(house());
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(bare(options));
  const credential = await navigator.credentials.get({ publicKey });
  await api.signInByPasskey(house(), { ticket, credential: written(credential) });
}

/** Makes a passkey on this device. */
export async function addPasskey(name: string): Promise<readonly api.Passkey[]> {
  type Options = { publicKey: PublicKeyCredentialCreationOptionsJSON };
  const { ticket, options } = await api.beginPasskey<Options | Options['publicKey']>(house());
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(bare(options));
  // What a device's own authenticator cannot protect further it may still keep: a wish, not a condition.
  const { extensions } = publicKey as {
    extensions?: { enforceCredentialProtectionPolicy?: boolean };
  };
  if (extensions !== undefined) extensions.enforceCredentialProtectionPolicy = false;
  const credential = await navigator.credentials.create({ publicKey });
  const wish = { ticket, credential: written(credential), name };
  return (await api.addPasskey(house(), wish)).passkeys;
}

/** The options may come in the envelope that `navigator.credentials` takes. */
function bare<O extends object>(options: O | { publicKey: O }): O {
  return 'publicKey' in options ? options.publicKey : options;
}

function written(credential: Credential | null): unknown {
  if (!(credential instanceof PublicKeyCredential)) throw new DOMException('', 'NotAllowedError');
  return credential.toJSON();
}

/** What to call a passkey of this device: its browser and system, as far as they say. */
export function deviceName(agent = navigator.userAgent): string {
  const browser = /(Firefox|Edg|OPR|Chrome|Safari)\//.exec(agent)?.[1] ?? 'Browser';
  const system = /(Android|iPhone|iPad|Windows|Mac OS|CrOS|Linux)/.exec(agent)?.[1] ?? '';
  const names: Record<string, string> = { Edg: 'Edge', OPR: 'Opera', 'Mac OS': 'Mac' };
  const name = (found: string) => names[found] ?? found;
  return system === '' ? name(browser) : `${name(browser)} · ${name(system)}`;
}
