SELECT name FROM named
