-- The contracts of analytics: one row a contract and revenue type. recon wraps this SELECT for its
-- control totals, so it has no ORDER BY. Change the names on the left to those of your table.
SELECT
    d.contract_id,
    d.revenue_type,
    d.contract_value,        -- DECIMAL or MONEY, not FLOAT
    d.duration_months,
    d.booking_date,
    d.start_date,            -- where it is empty, the booking date counts
    d.close_date,            -- the day on which recognition ends
    d.terminated_on,
    d.currency,              -- ISO 4217, like USD
    d.customer_id,
    d.customer,
    d.segment,
    d.owner
FROM dbo.deals AS d
