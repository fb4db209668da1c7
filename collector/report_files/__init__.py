"""Credential reports in files, as the IAM console or the AWS CLI gave them to a person.

`find` lists the files that a command line means, `decode` takes the report out of a file, `dates` decides when it was
generated, `load` brings the three together, and `snapshot` writes and publishes what was loaded. No call to AWS.
"""
