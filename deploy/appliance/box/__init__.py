"""The hall box: how a fresh machine becomes the hall's hub, step by step, and how one sees what is different from that."""
