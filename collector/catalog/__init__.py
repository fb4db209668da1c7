"""What must change in Glue so that it is level with the publication record. Pure: answers of Glue in, requests out.

Glue is a copy of the record for Athena, and the two tables are ours (contract part 2): what is found to be otherwise is
set right, and each repair is a sentence for the user. `tables` levels a table, `partitions` its pointers to the runs.
"""
