// The lab's English. Both languages of it come with the lab's own chunk: together they are small.

const numbers = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const tenths = new Intl.NumberFormat('en', { minimumFractionDigits: 1, maximumFractionDigits: 1 });

function bytes(n: number): string {
  return n < 1000 ? `${numbers.format(n)} B` : `${tenths.format(n / 1000)} KB`;
}

function ms(n: number): string {
  return n < 1000 ? `${numbers.format(Math.max(1, n))} ms` : `${tenths.format(n / 1000)} s`;
}

function requests(n: number): string {
  const whole = numbers.format(n);
  if (whole === '0') return 'no request';
  return whole === '1' ? '1 request' : `${whole} requests`;
}

export const lab = {
  title: 'Transport lab',
  lead: 'The same message travels to this page four ways at once. Watch which arrives first and what each one costs.',
  back: 'Back to the room',
  bench: 'Experiment',
  send: 'Send one',
  burst: 'Burst of 20',
  auto: 'Automatic',
  autoOff: 'Off',
  autoSlow: '2 s',
  autoFast: '½ s',
  size: 'Size',
  sizes: { 120: '120 B', 1024: '1 KB', 8192: '8 KB' },
  every: 'Polling',
  everySaid: 'Pause between polls',
  everyServer: 'As the server says',
  pause: 'Pause',
  goOn: 'Go on',
  headHow: 'How it travels',
  headTime: 'Last 12 seconds',
  headDelay: 'Median delay',
  headPer: 'Per message',
  headIdle: 'Idle minute',
  inUse: 'In use',
  use: 'Use this',
  useSaid: (name: string) => `Use this: ${name} for the chat on this device`,
  fixed: (name: string) => `On this device the chat is fixed to ${name}.`,
  choose: 'Choose automatically',
  streamName: 'Server-sent events',
  seconds: (s: string) => `${s} s`,
  about: {
    websocket: 'One connection, open both ways.',
    stream: 'One open response; sending is a POST.',
    long_poll: 'Ask, wait for news, ask again.',
    poll: 'Ask again when the pause is over, news or not.',
  },
  pollEvery: (s: string) => `Ask every ${s} s, news or not.`,
  pollServer: 'Ask again when the server said, news or not.',
  bytes,
  ms,
  requests,
  p95: (n: number) => `p95 ${ms(n)}`,
  overhead: (n: number) => `${bytes(n)} overhead`,
  picture: (name: string, arrived: number) => `${name}: ${arrived} arrivals in the last 12 seconds`,
  connecting: 'Connecting…',
  lost: (why: string) => `Lost: ${why} Trying again.`,
  blocked: (why: string) => `Blocked here: ${why} Trying again.`,
  stopped: (why: string) => `Stopped: ${why}`,
  whySilence: 'nothing came back.',
  whyStatus: (status: number) => `the answer was ${status}.`,
  whyClosed: (code: number) => `the house closed it with ${code}.`,
  whyUpgrade: 'the connection did not open.',
  legendSent: 'Sent',
  legendAtOnce: 'Arrived at once',
  legendLate: 'Waited for the next ask',
  legendOpen: 'Open, or asking',
  legendEmpty: 'Asked for nothing',
  legendText: 'Your text',
  legendFrame: 'Frame (JSON)',
  legendTransport: 'Transport',
  whyTitle: 'When which one is right',
  right: {
    websocket:
      'Best for chat: the least overhead, both directions. Some proxies refuse the upgrade.',
    stream:
      'Plain HTTP and nearly as cheap to listen to. Right where people read much more than they write.',
    long_poll:
      'Works almost wherever HTTP works, and is as quick. Pays for headers with every message.',
    poll: 'The simplest, and the last resort: late, and never truly idle. Right when minutes do not matter.',
  },
  table: 'The figures as a table',
  tableLane: 'Transport',
  tableState: 'State',
  tableMedian: 'Median delay',
  tableP95: '95th percentile',
  tableText: 'Text per message',
  tableFrame: 'Frame per message',
  tableTransport: 'Transport per message',
  tableIdle: 'Idle minute',
  tableOpening: 'To open',
  tableAsks: 'Requests per idle minute',
  live: 'Works',
  none: '–',
  measured: 'How it is measured',
  close: 'Close',
  how: [
    'A fifth connection of this page sends each message once into the room “lab”. It comes back over the four others, which are real connections of the same kind as the chat’s. The delay is the time from sending to arriving, by the clock of this page.',
    'Bytes are counted by the server on each connection: both directions, headers and framing included, before encryption. A browser cannot see these bytes. The page asks for the counts every two seconds.',
    'Each byte is counted on one side only. The line of a message belongs to the message. A request that brought one belongs to it as well; a request that brought nothing is idleness, and so are heartbeats. Where nothing is asked, framing is shared by size.',
    'So polling is not dear per message but per asking: look at its idle minute. Sending is not in these figures; over HTTP it is one POST, with the headers of one.',
    'Messages of others in the lab count too. Automatic sending stops after two minutes in which you touch nothing.',
  ],
  opening: 'What opening a connection cost, in this visit',
  openingOf: (name: string, asks: string, received: string, sent: string) =>
    `${name}: ${asks}, ${received} to the server, ${sent} from it`,
  openingNone: 'Nothing is counted yet.',
  rate: 'That was faster than this house allows. Wait a moment.',
  refused: 'The house did not take the message.',
  unattended: 'Automatic sending has stopped: nobody was here for two minutes.',
  elsewhere: 'The lab is open in another window. It begins here when that one is closed.',
  noRoom: 'This house has no room for the lab. Start a newer server.',
  unreachable: 'The house does not answer.',
  retry: 'Try again',
};

export type LabWords = typeof lab;
