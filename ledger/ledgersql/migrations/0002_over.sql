-- +goose Up

-- A cohort adds up the rows of many cars: the index holds all that it reads, in the order of the cars.
DROP INDEX ledger_sum_vehicle;
CREATE INDEX ledger_sum_vehicle ON ledger_sum (vehicle, month, account, product, currency, debit, credit);
