"""`credlake doctor`: everything that a run needs, looked at before a schedule is on. It asks, and judges the answers.

It changes nothing but for the small probe that any run writes into each zone of the lake.
"""
