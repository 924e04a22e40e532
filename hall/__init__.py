"""The language everyone in the hall agrees on: messages, topics, wire, link, clock, settings and errors."""
