"""A room as Tornado's chat demo has it: a set of people, a template for what they hear."""

import asyncio

from tornado import httpserver, netutil, template, web, websocket

MESSAGE = template.Template('<div style="margin:10px">{{ text }}</div>')


class Room(websocket.WebSocketHandler):
    people = set()

    def open(self):
        self.set_nodelay(True)
        Room.people.add(self)

    def on_close(self):
        Room.people.remove(self)

    def on_message(self, text):
        html = MESSAGE.generate(text=text)
        for person in Room.people:
            try:
                person.write_message(html)
            except websocket.WebSocketClosedError:
                pass


async def main():
    server = httpserver.HTTPServer(web.Application([("/chat", Room)]))
    sockets = netutil.bind_sockets(0, "127.0.0.1")
    server.add_sockets(sockets)
    print("listening http://127.0.0.1:%d" % sockets[0].getsockname()[1], flush=True)
    await asyncio.Event().wait()


asyncio.run(main())
