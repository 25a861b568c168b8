-- The two tables that contracts.sql and entries.sql read, for trying them out. In a real company
-- they stand in two databases.
CREATE TABLE dbo.deals (
    contract_id      NVARCHAR(40)   NOT NULL,
    revenue_type     NVARCHAR(40)   NOT NULL,
    contract_value   DECIMAL(19, 4) NOT NULL,
    duration_months  INT            NULL,
    booking_date     DATE           NOT NULL,
    start_date       DATE           NULL,
    close_date       DATE           NOT NULL,
    terminated_on    DATE           NULL,
    currency         NCHAR(3)       NULL,
    customer_id      NVARCHAR(40)   NULL,
    customer         NVARCHAR(200)  NULL,
    segment          NVARCHAR(40)   NULL,
    owner            NVARCHAR(100)  NULL
);

CREATE TABLE dbo.revenue_recognition (
    entry_id               NVARCHAR(40)   NOT NULL PRIMARY KEY,
    contract_id            NVARCHAR(40)   NULL,
    revenue_type           NVARCHAR(40)   NULL,
    amount                 DECIMAL(19, 4) NULL,
    recognition_period     DATE           NOT NULL,
    currency               NCHAR(3)       NULL,
    posted_at              DATETIME2(0)   NULL,
    document_ref           NVARCHAR(60)   NULL,
    performance_obligation NVARCHAR(100)  NULL,
    approved_by            NVARCHAR(100)  NULL
);

CREATE INDEX revenue_recognition_by_period ON dbo.revenue_recognition (recognition_period);
