SELECT DISTINCT session FROM awaited WHERE session <> ?
