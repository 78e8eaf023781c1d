// A room as Bun's manual has it ("Pub/Sub"): everybody subscribes, every text is published.
const server = Bun.serve({
  hostname: '127.0.0.1',
  port: 0,
  fetch(request, server) {
    if (server.upgrade(request)) return undefined;
    return new Response('WebSocket only', { status: 426 });
  },
  websocket: {
    open(socket) {
      socket.subscribe('room');
    },
    message(_socket, text) {
      server.publish('room', text);
    },
    close(socket) {
      socket.unsubscribe('room');
    },
  },
});

console.log(`listening http://127.0.0.1:${server.port}`);
