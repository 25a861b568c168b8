-- The entries of accounting. The two ? are the first day, and the first day after the range; recon
-- puts them in. It wraps this SELECT for its sums and control totals, so it has no ORDER BY.
SELECT
    r.entry_id,
    r.contract_id,
    r.revenue_type,
    r.amount,                -- DECIMAL or MONEY, not FLOAT
    r.recognition_period,    -- a date; any day of the month
    r.currency,
    r.posted_at,
    r.document_ref,
    r.performance_obligation,
    r.approved_by
FROM dbo.revenue_recognition AS r
WHERE r.recognition_period >= ? AND r.recognition_period < ?
