"""credlake: the IAM credential report of every account of an AWS Organization, as a data lake.

The modules in the order of the data:

list the accounts (`discovery`) → assume a role in each (`aws.credentials`) → have AWS generate the report and fetch it
(`collection.engine`, `aws.iam`) → parse it (`report`) → write it (`lake.writer`) → publish it (`lake.publish`) → query
it (`query`). `collection.run` is one run from start to end; `schema` is the data model.
"""

__version__ = "0.2.0"
