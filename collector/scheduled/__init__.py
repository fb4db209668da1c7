"""The scheduled run on AWS: the same collection as `credlake collect`, in a Lambda function or a container.

Everything that it imports is pure Python beside pyarrow, which AWS's pandas layer brings (`make package` proves it).
"""
