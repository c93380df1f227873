package demo

import (
	"context"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"roadbook/app/client"
	"roadbook/money"
	"roadbook/outlook"
)

// Report prints each car's profit and loss and the fleet's answer.
func Report(ctx context.Context, api *client.Client, out io.Writer) error {
	var cars struct {
		Data []outlook.Statement `json:"data"`
	}
	if err := api.Get(ctx, "/v1/outlook/cars", &cars); err != nil {
		return err
	}
	var fleet struct {
		outlook.Answer
		Statement outlook.Statement `json:"statement"`
	}
	if err := api.Get(ctx, "/v1/outlook", &fleet); err != nil {
		return err
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	var columns []outlook.StatementLine
	for _, l := range fleet.Statement.Lines {
		columns = append(columns, l)
	}
	fmt.Fprintf(w, "car\t")
	for _, c := range columns {
		fmt.Fprintf(w, "%s\t", short(c.Label))
	}
	fmt.Fprintf(w, "net\tdeferred\t\n")
	row := func(name string, s outlook.Statement) {
		fmt.Fprintf(w, "%s\t", name)
		for _, c := range columns {
			fmt.Fprintf(w, "%s\t", plain(s.Line(c.Key)))
		}
		fmt.Fprintf(w, "%s\t%s\t\n", plain(s.Net), plain(s.Deferred))
	}
	for _, s := range cars.Data {
		row(s.VIN, s)
	}
	row("fleet", fleet.Statement)
	if err := w.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(out, "\nAmounts in %s, as of %s.\n\n%s\n", fleet.Statement.Net.Currency, fleet.Statement.AsOf, fleet.Sentence)
	return err
}

// plain writes an amount without its currency and minor units: a table is read in whole units.
func plain(a money.Amount) string {
	whole, err := a.MulDiv(1, 100)
	if err != nil {
		return a.String()
	}
	s, _, _ := strings.Cut(money.Of(whole.Minor*100, a.Currency).String(), ".")
	return s
}

func short(label string) string { return strings.ToLower(label) }
