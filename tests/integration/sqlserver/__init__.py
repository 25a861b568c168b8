"""SQL Server as a source: Microsoft's own driver against an endpoint with canned answers."""
