package ledgersql

import (
	"context"
	"fmt"
	"strings"
	"time"

	"roadbook/ledger"
	"roadbook/platform/sqldb"
)

// where collects conditions with numbered placeholders.
type where struct {
	terms []string
	args  []any
}

// add appends a condition in which every "?" stands for the value v.
func (w *where) add(term string, v any) {
	w.args = append(w.args, v)
	w.terms = append(w.terms, strings.ReplaceAll(term, "?", fmt.Sprintf("$%d", len(w.args))))
}

func (w *where) addText(term, v string) {
	if v != "" {
		w.add(term, v)
	}
}

// addIn appends a condition in which every "?" stands for the list of values; no values, no condition.
func addIn[T ~string](w *where, term string, values []T) {
	if len(values) == 0 {
		return
	}
	in := placeholders(len(w.args)+1, len(values))
	for _, v := range values {
		w.args = append(w.args, string(v))
	}
	w.terms = append(w.terms, strings.ReplaceAll(term, "?", in))
}

func (w *where) String() string {
	if len(w.terms) == 0 {
		return ""
	}
	return " WHERE " + strings.Join(w.terms, " AND ")
}

// Entries returns a page of entries that have a posting which the filter selects.
func (s *Store) Entries(ctx context.Context, f ledger.Filter, after int64, limit int) ([]ledger.Booked, error) {
	w := entriesWhere(f)
	w.add("e.seq > ?", after)
	return s.page(ctx, w, "seq", limit)
}

// Newest returns such a page from the end of the books.
func (s *Store) Newest(ctx context.Context, f ledger.Filter, before int64, limit int) ([]ledger.Booked, error) {
	w := entriesWhere(f)
	if before > 0 {
		w.add("e.seq < ?", before)
	}
	return s.page(ctx, w, "seq DESC", limit)
}

func entriesWhere(f ledger.Filter) where {
	var posting where
	posting.terms = []string{"p.entry_seq = e.seq"}
	posting.addText("p.vehicle = ?", f.Vehicle)
	posting.addText("p.partner = ?", f.Partner)
	addIn(&posting, "p.product IN ?", f.Products)
	addIn(&posting, "(p.debit IN ? OR p.credit IN ?)", f.Accounts)
	w := where{args: posting.args}
	w.addText("e.book_date >= ?", string(f.From))
	w.addText("e.book_date < ?", string(f.To))
	if len(posting.terms) > 1 {
		w.terms = append(w.terms, "EXISTS (SELECT 1 FROM ledger_posting p"+posting.String()+")")
	}
	return w
}

func (s *Store) page(ctx context.Context, w where, order string, limit int) ([]ledger.Booked, error) {
	w.args = append(w.args, limit)
	q := fmt.Sprintf(`SELECT %s FROM ledger_entry e%s ORDER BY %s LIMIT $%d`, entryColumns, w.String(), order, len(w.args))
	return entries(ctx, s.db.Read(), q, w.args)
}

// entries runs a query for entryColumns and adds the postings.
func entries(ctx context.Context, db sqldb.Querier, q string, args []any) ([]ledger.Booked, error) {
	rows, err := db.Query(ctx, q, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []ledger.Booked
	var seqs []any
	at := map[int64]int{}
	for rows.Next() {
		var b ledger.Booked
		var micros int64
		if err := rows.Scan(&b.Seq, &b.Ref, &b.Date, &b.Kind, &b.Memo, &b.Reverses, &micros, &b.Digest, &b.Chain); err != nil {
			return nil, err
		}
		b.BookedAt = time.UnixMicro(micros).UTC()
		at[b.Seq] = len(out)
		seqs = append(seqs, b.Seq)
		out = append(out, b)
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	return out, inChunks(seqs, func(in string, args []any) error {
		rows, err := db.Query(ctx, `SELECT `+postingColumns+` FROM ledger_posting WHERE entry_seq IN `+in+` ORDER BY entry_seq, n`, args...)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var seq, n int64
			var p ledger.Posting
			if err := rows.Scan(&seq, &n, &p.Debit, &p.Credit, &p.Amount.Minor, &p.Amount.Currency,
				&p.Dims.Vehicle, &p.Dims.Customer, &p.Dims.Product, &p.Dims.Partner, &p.Dims.Market); err != nil {
				return err
			}
			b := &out[at[seq]]
			b.Postings = append(b.Postings, p)
		}
		return rows.Err()
	})
}

func sumsWhere(f ledger.Filter) where {
	var w where
	first, last := f.Months()
	w.addText("vehicle = ?", f.Vehicle)
	w.addText("partner = ?", f.Partner)
	w.addText("month >= ?", string(first))
	w.addText("month <= ?", string(last))
	addIn(&w, "product IN ?", f.Products)
	addIn(&w, "account IN ?", f.Accounts)
	return w
}

// Sums returns rows of the roll-up.
func (s *Store) Sums(ctx context.Context, f ledger.Filter) ([]ledger.Sum, error) {
	w := sumsWhere(f)
	return s.sums(ctx, `SELECT `+sumColumns+` FROM ledger_sum`+w.String(), w.args)
}

// ByProduct adds the rows up in the database: a fleet has many more rows than accounts and products.
func (s *Store) ByProduct(ctx context.Context, f ledger.Filter) ([]ledger.Sum, error) {
	w := sumsWhere(f)
	return s.sums(ctx, `SELECT account, '', product, '', '', '', currency, CAST(SUM(debit) AS BIGINT), CAST(SUM(credit) AS BIGINT)
		FROM `+table(f.Vehicle == "")+w.String()+` GROUP BY account, product, currency`, w.args)
}

// Over adds the rows of some vehicles up in the database.
func (s *Store) Over(ctx context.Context, vehicles []string, f ledger.Filter) ([]ledger.Sum, error) {
	w := sumsWhere(f)
	addIn(&w, "vehicle IN ?", vehicles)
	return s.sums(ctx, `SELECT account, '', product, '', '', month, currency, CAST(SUM(debit) AS BIGINT), CAST(SUM(credit) AS BIGINT)
		FROM `+table(len(vehicles) == 0)+w.String()+` GROUP BY account, product, month, currency`, w.args)
}

// table is where a question about all vehicles, or about some, is answered.
func table(all bool) string {
	if all {
		return "ledger_total"
	}
	return "ledger_sum"
}

// State reads the head and both roll-ups in one statement, so that all are of one moment. Without any row it still finds
// the head.
func (s *Store) State(ctx context.Context) (head ledger.Head, sums, totals []ledger.Sum, err error) {
	rows, err := s.db.Read().Query(ctx, `SELECT 0, h.seq, h.chain, '', '', '', '', '', '', '', 0, 0 FROM ledger_head h
		UNION ALL SELECT 1, 0, '', `+sumColumns+` FROM ledger_sum
		UNION ALL SELECT 2, 0, '', account, '', product, partner, market, month, currency, debit, credit FROM ledger_total`)
	if err != nil {
		return head, nil, nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var which int
		var h ledger.Head
		var r ledger.Sum
		if err := rows.Scan(&which, &h.Seq, &h.Chain, &r.Account, &r.Vehicle, &r.Product, &r.Partner, &r.Market, &r.Month, &r.Currency,
			&r.Debit, &r.Credit); err != nil {
			return head, nil, nil, err
		}
		switch which {
		case 0:
			head = h
		case 1:
			sums = append(sums, r)
		default:
			totals = append(totals, r)
		}
	}
	ledger.SortSums(sums)
	ledger.SortSums(totals)
	return head, sums, totals, rows.Err()
}

// sums runs a query for sumColumns.
func (s *Store) sums(ctx context.Context, q string, args []any) ([]ledger.Sum, error) {
	rows, err := s.db.Read().Query(ctx, q, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []ledger.Sum
	for rows.Next() {
		var r ledger.Sum
		if err := rows.Scan(&r.Account, &r.Vehicle, &r.Product, &r.Partner, &r.Market, &r.Month, &r.Currency, &r.Debit, &r.Credit); err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	ledger.SortSums(out) // here, not in SQL: PostgreSQL's order of text depends on the database's collation
	return out, rows.Err()
}
