"""The scheduled run on AWS: the same collection as `credlake collect`, in a Lambda function or a container.

All its dependencies are pure Python except pyarrow, which AWS's pandas layer provides (`make package` proves it).
"""
