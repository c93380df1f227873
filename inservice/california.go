package inservice

import (
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"roadbook/fault"
	"roadbook/period"
	"roadbook/vin"
	"roadbook/wire/pilotlog"
)

// Filing says who reports to the Department of Motor Vehicles of California, and for which year.
//
// The form is OL 311R, revision 7/2020, "Annual Report of Autonomous Vehicle Disengagement", of 13 CCR § 227.50 as in force until
// 27 April 2026; the columns are those of the tables that the Department publishes. Since 28 April 2026 (OAL file 2025-0415-04)
// § 227.56 asks for monthly reports instead: their form is not written here, and this export does not stand for them.
//
// Reports say in which country a car was driven, not in which state: the tables hold what was driven in the United States, and whoever
// files strikes out what was not in California.
type Filing struct {
	Manufacturer string
	Permit       string
	Year         int // December of the year before to November of this one
}

// filedCountry is where the rows of a filing were driven.
const filedCountry = "US"

// span is the reporting period.
func (f Filing) span() period.Span {
	return period.Span{From: period.Date(fmt.Sprintf("%04d-12-01", f.Year-1)), To: period.Date(fmt.Sprintf("%04d-12-01", f.Year))}
}

func (f Filing) check() error {
	switch {
	case f.Year < 2021 || f.Year > 2119:
		return fault.New(fault.Invalid, "filing", "year %d is not between 2021 and 2119", f.Year).At("/year")
	case f.Manufacturer == "" || len(f.Manufacturer) > MaxText:
		return fault.New(fault.Invalid, "filing", "name the manufacturer in 1 to %d bytes", MaxText).At("/manufacturer")
	case f.Permit == "" || len(f.Permit) > MaxText:
		return fault.New(fault.Invalid, "filing", "name the permit in 1 to %d bytes", MaxText).At("/permit")
	}
	return nil
}

// Disengagement reports whether an event is one in the sense of § 227.02: the system gave up, or the driver had to take over. A driver
// who switches it off by its button had no need to.
func Disengagement(e Event) bool {
	return e.Kind == pilotlog.Deactivation && (e.Initiator == pilotlog.BySystem || e.Reason != "button")
}

// Disengagements writes the table of single disengagements of form OL 311R as CSV.
func (s *Service) Disengagements(ctx context.Context, f Filing, w io.Writer) error {
	if err := f.check(); err != nil {
		return err
	}
	out := csv.NewWriter(w)
	_ = out.Write([]string{"Manufacturer", "Permit Number", "DATE", "VIN NUMBER", "VEHICLE IS CAPABLE OF OPERATING WITHOUT A DRIVER (Yes or No)",
		"DRIVER PRESENT (Yes or No)", "DISENGAGEMENT INITIATED BY (AV System, Test Driver, Remote Operator, or Passenger)",
		"DISENGAGEMENT LOCATION (Interstate, Freeway, Highway, Rural Road, Street, or Parking Facility)", "DESCRIPTION OF FACTS CAUSING DISENGAGEMENT"}) // Flush tells
	err := s.each(ctx, f, func(e Event) {
		by := "Test Driver"
		if e.Initiator == pilotlog.BySystem {
			by = "AV System"
		}
		_ = out.Write([]string{f.Manufacturer, f.Permit, e.At.UTC().Format("1/2/2006"), string(e.VIN), "No", "Yes", by, location(e.Road), facts(e)})
	})
	out.Flush()
	if err != nil {
		return err
	}
	return out.Error()
}

// Mileage writes the table of miles driven and disengagements by car and month of form OL 311R as CSV.
func (s *Service) Mileage(ctx context.Context, f Filing, w io.Writer) error {
	if err := f.check(); err != nil {
		return err
	}
	months := f.span().Months()
	rows, err := s.store.Mileage(ctx, f.span(), filedCountry)
	if err != nil {
		return err
	}
	type car struct {
		meters map[period.Month]int64
		count  int64
	}
	cars := map[vin.VIN]*car{}
	get := func(v vin.VIN) *car {
		if cars[v] == nil {
			cars[v] = &car{meters: map[period.Month]int64{}}
		}
		return cars[v]
	}
	for _, m := range rows {
		get(m.VIN).meters[m.Month] += m.Meters
	}
	if err := s.each(ctx, f, func(e Event) { get(e.VIN).count++ }); err != nil {
		return err
	}
	out := csv.NewWriter(w)
	head := []string{"Manufacturer", "Permit Number", "VIN NUMBER", "Annual Total of Disengagements"}
	for _, m := range months {
		head = append(head, strings.ToUpper(m.First().Time().Format("Jan 2006")))
	}
	_ = out.Write(append(head, "ANNUAL TOTAL"))
	var vins []vin.VIN
	for v := range cars {
		vins = append(vins, v)
	}
	slices.Sort(vins)
	for _, v := range vins {
		row := []string{f.Manufacturer, f.Permit, string(v), strconv.FormatInt(cars[v].count, 10)}
		var total int64
		for _, m := range months {
			row = append(row, miles(cars[v].meters[m]))
			total += cars[v].meters[m]
		}
		_ = out.Write(append(row, miles(total)))
	}
	out.Flush()
	return out.Error()
}

// miles writes metres as international miles (1,609.344 m) with two places, exactly rounded half up.
func miles(m int64) string {
	hundredths := (m*100*1000*2 + 1609344) / (2 * 1609344)
	return fmt.Sprintf("%d.%02d", hundredths/100, hundredths%100)
}

// each walks the disengagements of the filing, oldest first, a month at a time.
func (s *Service) each(ctx context.Context, f Filing, fn func(Event)) error {
	for _, m := range f.span().Months() {
		es, err := s.store.Events(ctx, EventQuery{Kinds: []pilotlog.Kind{pilotlog.Deactivation}, Country: filedCountry, Span: m.Span(), Limit: MaxExport + 1, Oldest: true})
		if err != nil {
			return err
		}
		if len(es) > MaxExport {
			return fault.New(fault.Invalid, "filing", "%s has more than %d disengagements: file by fleet", m, MaxExport)
		}
		for _, e := range es {
			if Disengagement(e) {
				fn(e)
			}
		}
	}
	return nil
}

func location(road string) string {
	switch road {
	case "motorway", "expressway":
		return "Freeway"
	case "rural":
		return "Rural Road"
	case "urban":
		return "Street"
	}
	return "Highway"
}

func facts(e Event) string {
	what := map[pilotlog.Initiator]string{pilotlog.BySystem: "The system ended automated driving", pilotlog.ByDriver: "The driver took over"}[e.Initiator]
	if e.Reason != "" {
		what += ": " + Spelled(e.Reason)
	}
	return what + fmt.Sprintf(" (software %s, %s)", e.Software, e.At.UTC().Format(time.RFC3339))
}
