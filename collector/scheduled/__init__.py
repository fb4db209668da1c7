"""The scheduled run on AWS: the same collection as `credlake collect`, in a Lambda function or a container.

The function's zip has all that it imports (`make package`, deploy/package.py).
"""
