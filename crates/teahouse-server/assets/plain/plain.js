// A whole client of the plain-text room: one WebSocket, one box, one button.
const inbox = document.getElementById('inbox');
const message = document.getElementById('message');
const state = document.getElementById('state');

function connect() {
  const socket = new WebSocket(location.origin.replace(/^http/, 'ws') + '/chat');
  socket.onopen = () => { state.textContent = ''; };
  // The server sends each message as a fragment of HTML in which every text is escaped.
  socket.onmessage = (event) => {
    inbox.insertAdjacentHTML('beforeend', event.data);
    inbox.scrollTop = inbox.scrollHeight;
  };
  socket.onclose = () => {
    state.textContent = '连接断了，马上重连。 · Connection lost. Trying again.';
    setTimeout(connect, 1000 + Math.random() * 2000);
  };
  document.getElementById('form').onsubmit = (event) => {
    event.preventDefault();
    if (socket.readyState !== WebSocket.OPEN || !message.value.trim()) return;
    socket.send(message.value);
    message.value = '';
  };
}

connect();
