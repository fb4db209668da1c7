"""Calls to AWS, one module a service: the only folder that imports botocore.

A function here builds a request, sends it and raises every failure as a CallFault; what an answer means is decided by
the folder that called.
"""
