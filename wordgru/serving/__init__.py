"""The service behind `wordgru serve`: HTTP and WebSocket over `Predictor` and `Session`. Needs the serve extra."""
