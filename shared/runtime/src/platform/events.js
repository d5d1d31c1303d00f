// A session's websocket, read as a stream. All of it is JavaScript: when a reader goes away, the runtime drops everything of its request
// at once, and what waits in WebAssembly then would never be freed.

const encoder = new TextEncoder();

/**
 * Opens a session with a first message. When the session has acknowledged it, `asked` is sent, and this gives a stream of what follows;
 * when it closes before, the code and the reason.
 *
 * `heard` and `closed` translate a message and a close into what the reader is told, what is answered, and whether that is the end. They
 * keep nothing. A message is translated when the reader has taken all before it, so an answer says that it has. Without a message for
 * `quiet` milliseconds the reader is sent a comment.
 */
export function follow(socket, first, asked, heard, closed, comment, quiet, slow) {
  /** What the reader has not taken. The session sends no more than a window of it before it gets an answer. */
  const ahead = [];
  let isAcknowledged = false;
  let isOver = false;
  let wake = () => {};
  let timer;

  const come = (what) => {
    ahead.push(what);
    wake();
  };
  /** The next message, or nothing after a while. */
  const next = async () => {
    if (!ahead.length) {
      await new Promise((done) => {
        wake = done;
        timer = setTimeout(done, quiet);
      });
      clearTimeout(timer);
    }
    return ahead.shift();
  };
  const leave = () => {
    isOver = true;
    wake();
    try {
      socket.close(1000, '');
    } catch {
      // it is closed
    }
  };
  const answer = (text) => {
    try {
      socket.send(text);
    } catch {
      // it is closing: its close is the next thing to come
    }
  };

  const stream = {
    start: (controller) => controller.enqueue(encoder.encode(comment)),
    async pull(controller) {
      for (;;) {
        const message = await next();
        if (isOver) return;
        if (!message) return controller.enqueue(encoder.encode(comment));
        const [told, answered, ends] = message();
        if (answered !== undefined) answer(answered);
        if (told !== undefined) controller.enqueue(encoder.encode(told));
        if (ends) {
          leave();
          controller.close();
        }
        if (ends || told !== undefined) return;
      }
    },
    cancel: leave,
  };

  return new Promise((done) => {
    const ended = (code, reason) => {
      if (!isAcknowledged) return done([code, reason]);
      // Whoever has not read for so long is told why; the rest it gets when it comes back.
      if (code === slow) ahead.length = 0;
      come(() => closed(code, reason));
    };
    socket.addEventListener('message', ({ data }) => {
      if (isAcknowledged) return come(() => heard(data));
      isAcknowledged = true;
      socket.send(asked);
      done([new ReadableStream(stream, { highWaterMark: 0 })]);
    });
    socket.addEventListener('close', ({ code, reason }) => ended(code, reason));
    socket.addEventListener('error', () => ended(1006, ''));
    socket.accept();
    socket.send(first);
  });
}
