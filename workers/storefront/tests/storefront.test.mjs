// The storefront in a browser. What waits for a minute begins first, and the others go on meanwhile.
for (const name of ['expiring', 'booking', 'script_off', 'strangers', 'pages', 'expired', 'away']) await import(`./${name}.mjs`);
