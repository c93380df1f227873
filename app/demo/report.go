package demo

import (
	"context"
	"fmt"
	"io"
	"net/url"
	"strings"
	"text/tabwriter"

	"roadbook/app/client"
	"roadbook/money"
	"roadbook/outlook"
)

// columns of the table, each the sum of lines of a statement.
var columns = []struct {
	head string
	keys []string
}{
	{"revenue", []string{"hardware_revenue"}},
	{"pack", []string{"pack"}},
	{"other cost", []string{"bom", "assembly", "logistics", "warranty", "car_payment"}},
	{"hardware", []string{"hardware_revenue", "pack", "bom", "assembly", "logistics", "warranty", "car_payment"}},
	{"software", []string{"connectivity_revenue", "subscription", "usage", "features", "apps"}},
	{"partners", []string{"partner_share"}},
	{"delivery", []string{"delivery", "connectivity_cost", "inference", "payment"}},
}

// Report prints each car's profit and loss and the fleet's answer.
func Report(ctx context.Context, api *client.Client, out io.Writer) error {
	var fleet struct {
		outlook.Answer
		Statement outlook.Statement `json:"statement"`
	}
	if err := api.Get(ctx, "/v1/outlook", &fleet); err != nil {
		return err
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(w, "car\t")
	for _, c := range columns {
		fmt.Fprintf(w, "%s\t", c.head)
	}
	fmt.Fprint(w, "net\tdeferred\t\n")
	for cursor := ""; ; {
		var page struct {
			Data       []outlook.Statement `json:"data"`
			NextCursor string              `json:"next_cursor"`
		}
		if err := api.Get(ctx, "/v1/outlook/cars?cursor="+url.QueryEscape(cursor), &page); err != nil {
			return err
		}
		for _, s := range page.Data {
			if err := row(w, s.VIN, s); err != nil {
				return err
			}
		}
		if cursor = page.NextCursor; cursor == "" {
			break
		}
	}
	if err := row(w, fmt.Sprintf("%d cars", fleet.Statement.Cars), fleet.Statement); err != nil {
		return err
	}
	if err := w.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(out, "\nIn %s, as of %s. Hardware is what is left of the car itself; software is gross of partners and delivery\n"+
		"(bytes, connection, payment fees); deferred is invoiced and not yet earned.\n\n%s\n",
		fleet.Statement.Net.Currency, fleet.Statement.AsOf, fleet.Sentence)
	return err
}

func row(w io.Writer, name string, s outlook.Statement) error {
	fmt.Fprintf(w, "%s\t", name)
	for _, c := range columns {
		var sum money.Amount
		for _, k := range c.keys {
			var err error
			if sum, err = sum.Add(s.Line(k)); err != nil {
				return err
			}
		}
		fmt.Fprintf(w, "%s\t", whole(sum))
	}
	_, err := fmt.Fprintf(w, "%s\t%s\t\n", whole(s.Net), whole(s.Deferred))
	return err
}

// whole writes an amount in whole units, rounded: a table is read, the console has the minor units.
func whole(a money.Amount) string {
	exp, err := a.Currency.Exponent()
	if err != nil {
		return a.String()
	}
	unit := int64(1)
	for range exp {
		unit *= 10
	}
	r, err := a.MulDiv(1, unit)
	if err != nil {
		return a.String()
	}
	s, _, _ := strings.Cut(money.Of(r.Minor*unit, a.Currency).String(), " ")
	s, _, _ = strings.Cut(s, ".")
	return s
}
