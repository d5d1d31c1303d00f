SELECT partition FROM named
