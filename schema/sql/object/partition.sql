SELECT partition FROM standing
