// A Chromium for one test file.
import { after } from 'node:test';
import { chromium } from 'playwright-core';
import { findChromium } from '../../.dev/chromium.mjs';

/** Starts a browser that ends with the test file. */
export async function launch() {
  const browser = await chromium.launch({
    executablePath: await findChromium(),
    chromiumSandbox: process.getuid() !== 0, // Chromium has none for root
  });
  after(() => browser.close());
  return browser;
}

/** Opens a page with nothing remembered of others; `said` is what went wrong in it and what it logged as an error. */
export async function open(browser, url) {
  const context = await browser.newContext();
  const page = await context.newPage();
  const said = [];
  page.on('pageerror', (error) => said.push(String(error)));
  page.on('console', (message) => message.type() === 'error' && said.push(message.text()));
  await page.goto(url);
  return { page, said };
}
