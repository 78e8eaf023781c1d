// A room as Socket.IO's tutorial has it ("Broadcasting"): every message is emitted to everybody.
import { createServer } from 'node:http';
import { Server } from 'socket.io';

const server = createServer();
const io = new Server(server);

io.on('connection', (socket) => {
  socket.on('chat message', (text) => io.emit('chat message', text));
});

server.listen(0, '127.0.0.1', () => {
  console.log(`listening http://127.0.0.1:${server.address().port}`);
});
