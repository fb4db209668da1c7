"""`credlake doctor`: every check of what a run needs, to be made before a schedule is switched on.

It writes nothing but the probe objects that any run writes into the lake, a view that it removes again, and the
partitions that Glue lacks.
"""
