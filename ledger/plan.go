package ledger

import (
	"time"

	"roadbook/fault"
)

// Head is the last link of the chain: the number of entries and the digest over all of them.
type Head struct {
	Seq   int64
	Chain string
}

// Outcome is what became of one entry of a batch: it is booked, or Err says why not.
type Outcome struct {
	Booked Booked
	Err    error
}

// Known is what a store holds about the refs that a batch speaks of.
type Known struct {
	Head     Head
	Entries  map[string]Booked // by ref: the batch's refs, and the refs that it reverses
	Reversed map[string]string // ref → ref of the entry that took it back
}

// Plan decides what a batch becomes, without any effect: for each entry its outcome, and the entries to insert, in order.
// An entry stands or falls alone. Known is extended as if the fresh entries were stored.
func Plan(known Known, batch []Entry, at time.Time) (outcomes []Outcome, fresh []Booked) {
	outcomes = make([]Outcome, len(batch))
	for i, e := range batch {
		digest := e.ContentDigest()
		if b, ok := known.Entries[e.Ref]; ok {
			outcomes[i].Booked = b
			if b.Digest != digest {
				outcomes[i] = Outcome{Err: fault.New(fault.Conflict, "ref_reused",
					"entry %q is booked as number %d with other content; a correction is a new entry that reverses it", e.Ref, b.Seq).At("/ref")}
			}
			continue
		}
		if err := known.mayReverse(e); err != nil {
			outcomes[i].Err = err
			continue
		}
		b := Booked{Entry: e, Seq: known.Head.Seq + 1, BookedAt: at, Digest: digest, Chain: Link(known.Head.Chain, digest)}
		known.Head = Head{b.Seq, b.Chain}
		known.Entries[e.Ref] = b
		if e.Reverses != "" {
			known.Reversed[e.Reverses] = e.Ref
		}
		outcomes[i].Booked = b
		fresh = append(fresh, b)
	}
	return outcomes, fresh
}

// mayReverse refuses a reversal of what is not booked, of what is taken back already, and one that takes back something else.
func (k Known) mayReverse(e Entry) error {
	if e.Reverses == "" {
		return nil
	}
	b, ok := k.Entries[e.Reverses]
	switch by, twice := k.Reversed[e.Reverses]; {
	case !ok:
		return fault.New(fault.Refused, "reverses_unknown", "there is no entry %q to take back", e.Reverses).At("/reverses")
	case twice:
		return fault.New(fault.Refused, "reversed_already", "entry %q was taken back by %q", e.Reverses, by).At("/reverses")
	case !e.takesBack(b.Entry):
		return fault.New(fault.Refused, "reversal_differs", "the postings are not those of entry %q with debit and credit exchanged", e.Reverses).At("/postings")
	}
	return nil
}
