"""The language everyone in the hall agrees on: messages, topics, transport, time, settings, words. Imports nothing of ours."""
