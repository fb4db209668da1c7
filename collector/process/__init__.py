"""What any process of ours needs: streams, signals, logs, exit codes."""
