package supplyhttp

import (
	"context"

	"github.com/danielgtaylor/huma/v2"

	"roadbook/period"
	"roadbook/supply"
)

// ContractPath names a contract in a path.
type ContractPath struct {
	Contract string `path:"contract"`
}

type settlementCreation struct {
	Key
	ContractPath
	Body struct {
		Year int         `json:"year" minimum:"1" doc:"contract year, from 1 on"`
		On   period.Date `json:"on" doc:"day on which it is settled, after the year's last"`
	}
}

// contracts adds what a contract's terms come to: a price term by term, and the settlement of a year.
func contracts(api huma.API, s *supply.Service) {
	get(api, "pack-price", "/v1/pack-contracts/{contract}/price", "Show what a pack costs on a day, term by term", func(ctx context.Context, in *struct {
		ContractPath
		Date   string `query:"date" required:"true" doc:"day of receipt"`
		Before int64  `query:"before" minimum:"0" doc:"packs that came under the contract before"`
	}) (supply.Explained, error) {
		return s.Explain(ctx, in.Contract, period.Date(in.Date), in.Before)
	})
	const settlements = "/v1/pack-contracts/{contract}/settlements"
	keyed(api, "settlement-create", settlements, "Settle a contract year: rebate by its volume, and what was not taken", "stl",
		func(in *settlementCreation) (string, string) { return in.Key.Key, in.Contract },
		func(ctx context.Context, _ string, in *settlementCreation) (supply.Settlement, error) {
			return s.Settle(ctx, in.Contract, in.Body.Year, in.Body.On) // the contract and the year are the key
		})
	found(api, "settlements", settlements, "List the settled years of a contract", func(ctx context.Context, in *ContractPath) ([]supply.Settlement, error) {
		return s.Settlements(ctx, in.Contract)
	})
	get(api, "settlement", settlements+"/{year}", "Show a contract year as it was settled, or as it stands so far", func(ctx context.Context, in *struct {
		ContractPath
		Year int `path:"year" minimum:"1"`
	}) (supply.Settlement, error) {
		return s.Settlement(ctx, in.Contract, in.Year)
	})
	create(api, "index-value-create", "/v1/index-values", "Record the value of a commodity index in a month", "idx", s.AddIndexValue)
	found(api, "index-values", "/v1/index-values", "List index values", func(ctx context.Context, in *struct {
		Index string `query:"index"`
		AsOf  string `query:"as_of" doc:"what was known on this day; default every vintage"`
	}) ([]supply.IndexValue, error) {
		return s.IndexValues(ctx, in.Index, period.Date(in.AsOf))
	})
}

// SerialPath names a pack in a path.
type SerialPath struct {
	Serial string `path:"serial"`
}

type moveCreation struct {
	Key
	Serial string `path:"serial"` // not embedded: huma fills no unexported field
	Body   struct {
		State  supply.PackState `json:"state" enum:"removed,second_life,recycled"`
		Date   period.Date      `json:"date"`
		Place  string           `json:"place,omitempty" doc:"where it is used or recycled; needed for a second life"`
		Source string           `json:"source" doc:"what says so: a work order, a delivery note"`
		Who    string           `json:"who" doc:"entered it"`
	}
}

// lives adds what became of packs, and what they were planned to cost.
func lives(api huma.API, s *supply.Service) {
	get(api, "pack-history", "/v1/packs/{serial}/history", "Show a pack's life from its lot on, and what it cost beside its standard", func(ctx context.Context, in *SerialPath) (supply.History, error) {
		return s.History(ctx, in.Serial)
	})
	keyed(api, "pack-move", "/v1/packs/{serial}/moves", "Record that a pack was taken out of its car, went into a second life, or was recycled", "pev",
		func(in *moveCreation) (string, string) { return in.Key.Key, in.Serial },
		func(ctx context.Context, request string, in *moveCreation) (supply.PackEvent, error) {
			b := in.Body
			return s.Move(ctx, request, supply.PackEvent{Serial: in.Serial, State: b.State, Date: b.Date, Place: b.Place, Source: b.Source, Who: b.Who})
		})
	create(api, "standard-create", "/v1/standards", "Record what a part is planned to cost; packs of its span are compared with it", "std", s.AddStandard)
	found(api, "standards", "/v1/standards", "List standard costs", func(ctx context.Context, in *partQuery) ([]supply.Standard, error) {
		return s.Standards(ctx, in.Part)
	})
}

type partQuery struct {
	Part string `query:"part"`
}
