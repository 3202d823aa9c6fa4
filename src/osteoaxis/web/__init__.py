"""The web server: the explorer in the browser, and the API it uses."""
