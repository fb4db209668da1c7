"""credlake: the IAM credential report of every account of an AWS Organization, as a data lake.

The data's way is the list of modules:

discover accounts (`aws.organizations`, `selection`) → assume a role in each (`aws.credentials`) → have AWS generate the
report and fetch it (`aws.iam`, `engine`) → type it (`report`) → write it (`lake`) → publish it (`lake.publication`)
→ ask it (`query`). `collect` tells the whole story; `schema` says what the data is.
"""

__version__ = "0.1.0"
