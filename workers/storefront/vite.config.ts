import { reactRouter } from '@react-router/dev/vite';
import { defineConfig } from 'vite';

export default defineConfig(({ isSsrBuild }) => ({
  plugins: [reactRouter()],
  // The client lies outside this folder, where another React may be: there is one.
  resolve: { dedupe: ['react', 'react-dom'] },
  ...(isSsrBuild && {
    // One script that runs on Workers: the entry is worker.ts.
    build: { rollupOptions: { input: './worker.ts', external: ['cloudflare:workers'] } },
    ssr: { target: 'webworker', noExternal: true, resolve: { conditions: ['workerd', 'worker', 'browser'] } },
  }),
}));
