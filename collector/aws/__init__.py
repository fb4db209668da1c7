"""AWS: the only folder that imports boto3, botocore and awswrangler.

A function here builds a request, sends it and translates the answer; what it means is decided elsewhere.
"""
