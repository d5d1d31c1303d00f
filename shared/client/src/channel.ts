// A websocket over a service binding, which has only `fetch`.
import type { Binding, WebSocketLike } from './types.js';

/** Opens a socket by an upgrade, and lets it look like any other. */
export const socketOver = (binding: Binding) =>
  class implements WebSocketLike {
    onopen: WebSocketLike['onopen'] = null;
    onmessage: WebSocketLike['onmessage'] = null;
    onclose: WebSocketLike['onclose'] = null;
    onerror: WebSocketLike['onerror'] = null;
    #socket: any;
    #closed = false;

    constructor(url: string, protocol: string) {
      const headers = { upgrade: 'websocket', 'sec-websocket-protocol': protocol };
      binding.fetch(url.replace(/^ws/, 'http'), { headers }).then(
        ({ webSocket, status }) => {
          if (!webSocket) return this.#ended(1006, `got ${status} in place of a socket`);
          this.#socket = webSocket;
          webSocket.addEventListener('message', (event: any) => this.onmessage?.(event));
          webSocket.addEventListener('close', ({ code, reason }: any) => this.#ended(code, reason));
          webSocket.addEventListener('error', () => this.#ended(1006, 'the socket was cut'));
          webSocket.accept();
          if (this.#closed) webSocket.close();
          else this.onopen?.({});
        },
        (error) => this.#ended(1006, String(error)),
      );
    }

    /** Once: a socket that is cut says so by an error, and may not close. */
    #ended(code: number, reason: string) {
      if (this.#closed) return;
      this.#closed = true;
      this.onclose?.({ code, reason });
    }

    send(text: string) {
      this.#socket.send(text);
    }

    close(code?: number, reason?: string) {
      try {
        this.#socket?.close(code, reason);
      } catch {
        // it is closed
      }
      this.#ended(code ?? 1000, reason ?? '');
    }
  };
