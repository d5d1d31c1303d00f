// One storefront, one core and one browser for all of the tests.
import { launch } from '../../../tests/browser/browser.mjs';
import { site } from './site.mjs';
import { visit as open } from './visitor.mjs';

export const it = await site();
const browser = await launch();
export const visit = (sub, path, options) => open(browser, it, sub, path, options);
