SELECT id FROM named
