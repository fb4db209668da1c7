"""What every process of credlake needs: streams, signals, logs, exit codes, a scratch folder."""
