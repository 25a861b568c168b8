"""From the tables of two databases to a configuration.

What the databases say of themselves (`schema`) goes into a proposal of which column is which
(`proposal`, pure, with the words of `vocabulary`); what the user makes of it becomes the SELECTs
(`queries`) and the configuration (`configuration`), written all or none (`writing`).
"""
