// Every component in its states, for looking at and for screenshots. Served by `npm run dev -w web/app` at
// /states.html?theme=dark&lang=zh; never part of a build.
import '../src/styles/tokens.css';
import '../src/styles/base.css';
import './states.css';
import { House } from '@teahouse/sdk';
import { type ComponentChildren, render } from 'preact';
import { BannerView } from '../src/components/Banner.tsx';
import { BirthCard } from '../src/components/BirthCard.tsx';
import { Composer } from '../src/components/Composer.tsx';
import { ErrorCard } from '../src/components/ErrorCard.tsx';
import { FieldError } from '../src/components/FieldError.tsx';
import { Sprite } from '../src/components/Icon.tsx';
import { DayLine, HoleLine, NewLine } from '../src/components/ListLines.tsx';
import { FloatingDate, LatestPill } from '../src/components/ListPills.tsx';
import { MessageRowView } from '../src/components/MessageRow.tsx';
import { MoreSprite } from '../src/components/MoreSprite.tsx';
import { PeoplePanel } from '../src/components/PeoplePanel.tsx';
import { RoomHeader } from '../src/components/RoomHeader.tsx';
import { RoomRow } from '../src/components/RoomRow.tsx';
import { Segmented } from '../src/components/Segmented.tsx';
import { Skeleton } from '../src/components/Skeleton.tsx';
import { WireView } from '../src/components/TransportChip.tsx';
import { TypingLine } from '../src/components/TypingLine.tsx';
import { WireFactsView } from '../src/components/WireFacts.tsx';
import { NameBox } from '../src/door/NameBox.tsx';
import { SignInBox } from '../src/door/SignInBox.tsx';
import { doorWords } from '../src/door/words.ts';
import { loadWords } from '../src/i18n/language.ts';
import { partWords } from '../src/parts/words.ts';
import { attachHouse, you } from '../src/state/house.ts';
import type { Hole } from '../src/state/log.ts';
import type { MessageRow } from '../src/state/rows.ts';
import { watchScreen } from '../src/state/screen.ts';
import { makeTimeline, type Timeline } from '../src/state/timeline.ts';
import { ada, FakeRoom, item, lin, listed } from '../tests/fakes.ts';
import { LabStates } from './lab.tsx';

const dialect = [
  '# 标题 Heading',
  `嗨 <@${lin.id}> 和 <@${ada.id}>，**复现：**10 轮后 \`cargo test\` 会卡住，*see* ~~no~~ _yes_ https://example.com/a_b。`,
  '[the log](https://example.com/log)，[https://b.example](https://a.example)，<@room>，<#1024>，||the *end*||。',
  '> quoted\n> > twice\n> - 一\n> - 二',
  '1. first\n2. second\n   - inner\n   - inner',
  '```rust\n// 茶馆\nfn main() {\n    let greeting = "你好";\n    println!("{greeting}, {}", 1024); // a line that is long enough to have to be scrolled inside of its block, not wrapped\n}\n```',
  '```\nplain\n```',
].join('\n\n');
const since = Date.now() - 600_000;
const wireCards = [
  { carrier: 'websocket', delay: 11, since, down: false, fixed: false },
  { carrier: 'long_poll', delay: 48, since, down: true, fixed: false },
  { carrier: 'stream', delay: 12, since, down: false, fixed: true },
  { carrier: undefined, delay: undefined, since: undefined, down: false, fixed: true },
] as const;

const asked = new URLSearchParams(location.search);

function timelineWith(change: Partial<Pick<FakeRoom, 'here' | 'typing'>> = {}): Timeline {
  return makeTimeline(Object.assign(new FakeRoom(), change).asRoom());
}

function row(change: Partial<MessageRow>): MessageRow {
  return {
    type: 'message',
    key: 'a',
    seq: 1,
    by: ada,
    text: 'Beautiful. Is that WebSocket only, or the whole mix?',
    at: Date.now(),
    first: true,
    mine: false,
    item: undefined,
    waits: false,
    gone: undefined,
    edited: false,
    state: {},
    target: undefined,
    quote: undefined,
    mentions: undefined,
    files: undefined,
    calls: false,
    refused: undefined,
    ...change,
  };
}

const failed = { code: 'may_not_write', message: '', retryable: false };
const quick = { code: 'rate', message: '', retryable: true };
const hole = (state: Hole['state']): Hole => ({ after: 1, before: 9, reason: 'said', state });

function State({ name, children }: { name: string; children: ComponentChildren }) {
  return (
    <section>
      <h2>{name}</h2>
      <div class="frame">{children}</div>
    </section>
  );
}

function Messages({ timeline }: { timeline: Timeline }) {
  const out = { by: lin, mine: true, seq: undefined };
  const long = Array.from({ length: 30 }, (_, index) => `Line ${index + 1}`).join('\n');
  return (
    <>
      <State name="A group, an owner, links, large emoji">
        <DayLine at={Date.now()} />
        <MessageRowView row={row({})} timeline={timeline} />
        <MessageRowView
          row={row({ first: false, text: 'See https://example.com/wiki/Tea_(drink).' })}
        />
        <MessageRowView row={row({ by: lin, text: '看这里https://example.com/路径，谢谢。' })} />
        <MessageRowView row={row({ by: lin, first: false, text: '🍵🫖' })} />
        <NewLine count={3} />
        <MessageRowView row={row({ text: dialect, mentions: [ada, lin] })} timeline={timeline} />
      </State>
      <State name="On its way, waiting, too quick, refused">
        <MessageRowView row={row({ ...out, item: item('a') })} timeline={timeline} />
        <MessageRowView
          row={row({ ...out, first: false, item: item('b'), waits: true })}
          timeline={timeline}
        />
        <MessageRowView
          row={row({
            ...out,
            first: false,
            item: { ...item('c'), error: quick, waiting_until: Date.now() + 9e8 },
          })}
          timeline={timeline}
        />
        <MessageRowView
          row={row({
            ...out,
            first: false,
            item: { ...item('d', 'failed'), error: { ...failed, retryable: true } },
          })}
          timeline={timeline}
        />
        <MessageRowView
          row={row({ ...out, first: false, item: { ...item('e', 'failed'), error: failed } })}
          timeline={timeline}
        />
      </State>
      <State name="Holes">
        {(['idle', 'failed'] as const).map((state) => (
          <HoleLine
            key={state}
            row={{ type: 'hole', key: state, hole: hole(state), state }}
            timeline={timeline}
          />
        ))}
      </State>
      <State name="A long message, folded">
        <MessageRowView row={row({ text: long })} timeline={timeline} />
      </State>
    </>
  );
}

function Around({ timeline }: { timeline: Timeline }) {
  const born = timelineWith();
  born.log.oldest = 1;
  const typing = (people: FakeRoom['typing']) => timelineWith({ typing: people });
  const far = timelineWith();
  far.near.value = false;
  far.unseen.value = 2;
  const many = timelineWith({ here: { count: 240, people: undefined, partial: false } });
  return (
    <>
      <State name="Banner">
        <BannerView news={{ kind: 'lost', seconds: 4 }} timeline={timeline} />
        <BannerView news={{ kind: 'lost', seconds: undefined }} timeline={timeline} />
        <BannerView news={{ kind: 'offline' }} timeline={timeline} />
        <BannerView news={{ kind: 'back', arrived: 6 }} timeline={timeline} />
      </State>
      <State name="The wire">
        {(['live', 'connecting', 'reconnecting', 'offline'] as const).map((state) => (
          <p key={state} class="under">
            <WireView state={state} carrier="websocket" delay={11} down={false} />
          </p>
        ))}
        {(['stream', 'long_poll', 'poll'] as const).map((carrier) => (
          <p key={carrier} class="under">
            <WireView state="live" carrier={carrier} delay={48} down={true} />
          </p>
        ))}
        <p class="under">
          <WireView state="live" carrier="long_poll" delay={48} down={false} />
        </p>
        <p class="under">
          <WireView state="live" carrier="websocket" delay={undefined} down={false} />
        </p>
      </State>
      <State name="What the wire tells: live, stepped down, fixed, lost">
        {wireCards.map((card, index) => (
          <div key={index} class="wire-card">
            <WireFactsView {...card} />
          </div>
        ))}
      </State>
      <State name="Header, room, typing, composer">
        <RoomHeader timeline={timeline} panelOpen={false} onPanel={() => {}} />
        <RoomRow room={listed('1024', { name: '1024 聊天室' })} current={true} />
        <RoomRow room={listed('tea', { name: '早茶', unread: 2 })} current={false} />
        <RoomRow room={listed('m', { name: 'music', muted: true, unread: 3 })} current={false} />
        <RoomRow
          room={listed('d', { direct: true, people: [ada, lin], unread: 1 })}
          current={false}
        />
        <TypingLine timeline={typing([ada])} />
        <TypingLine timeline={typing([ada, lin])} />
        <TypingLine timeline={typing([ada, lin, ada])} />
        <Composer timeline={timeline} takesFocus={false} />
      </State>
      <State name="Pills">
        <div class="pills">
          <FloatingDate room="1024" at={Date.now() - 86_400_000} />
          <LatestPill timeline={far} />
        </div>
      </State>
      <State name="Loading">
        <Skeleton rows={3} />
      </State>
      <State name="A new room">
        <BirthCard timeline={born} />
      </State>
      <State name="People, and too many of them">
        <PeoplePanel timeline={timeline} onClose={() => {}} />
        <PeoplePanel timeline={many} onClose={() => {}} />
      </State>
    </>
  );
}

function States() {
  const timeline = timelineWith();
  return (
    <>
      <Sprite />
      <MoreSprite />
      <main class="states">
        <Messages timeline={timeline} />
        <Around timeline={timeline} />
        <State name="Name box">
          <NameBox />
          <FieldError id="taken" text={doorWords().doorTaken('林晓')} />
        </State>
        <State name="Sign in">
          <SignInBox room="1024" />
        </State>
        <State name="Not found, something wrong">
          <ErrorCard kind="not-found" />
          <ErrorCard kind="unknown" onRetry={() => {}} />
        </State>
        <State name="One of a few">
          <Segmented
            label={partWords().menuTheme}
            name="states-theme"
            value="a"
            choices={[
              { value: 'a', label: partWords().menuThemeLight },
              { value: 'b', label: partWords().menuThemeDark },
            ]}
            onChoose={() => {}}
          />
        </State>
      </main>
      <LabStates />
    </>
  );
}

async function start(): Promise<void> {
  document.documentElement.dataset['theme'] = asked.get('theme') === 'dark' ? 'dark' : 'light';
  await loadWords(asked.get('lang') === 'zh' ? 'zh' : 'en');
  watchScreen();
  attachHouse(new House());
  you.value = lin;
  const root = document.getElementById('states');
  if (root === null) throw new Error('states.html has no element #states.');
  render(<States />, root);
}

void start();
