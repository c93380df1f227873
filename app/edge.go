package app

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"

	"roadbook/billing"
	"roadbook/fault"
	"roadbook/money"
	"roadbook/offer"
	"roadbook/platform/bus"
	"roadbook/platform/jobs"
	"roadbook/platform/mqttedge"
	"roadbook/signal"
	"roadbook/update"
	"roadbook/vin"
	"roadbook/wire/command"
)

// startEdge lets cars connect by MQTT.
func (a *App) startEdge(context.Context) error {
	var err error
	if a.edge, err = mqttedge.New(mqttedge.Config{TLS: a.pki.ServerTLS(nil, true), Allow: a.Fleet.Allowed, Sink: a.take, Logger: a.log}); err != nil {
		return err
	}
	// A car is connected to one replica; a hint for it is told to all.
	if err := a.bus.Listen(subjectHints, a.pass); err != nil {
		return err
	}
	if err := a.edge.Listen(a.cfg.MQTT); err != nil {
		return err
	}
	a.mqtt = a.edge.Addr()
	return nil
}

// roll hands what cars have sent to the domain, batch by batch.
func (a *App) roll(ctx context.Context) error {
	_, err := a.frames.Consume(ctx, func(ctx context.Context, batch []bus.Message) error {
		records := make([]signal.Record, len(batch))
		for i, m := range batch {
			records[i] = signal.Record{VIN: vin.VIN(a.frames.Key(m)), Data: m.Data}
		}
		return a.Signal.Roll(ctx, records)
	})
	return err
}

// take stores durably what a car has published, or sets it aside; only then is it acknowledged.
func (a *App) take(ctx context.Context, v vin.VIN, topic string, payload []byte) error {
	_, kind, err := command.ParseTopic(topic)
	if err != nil {
		return err
	}
	if err = a.hear(ctx, v, kind, payload); hopeless(err) {
		return a.setAside(ctx, v, kind, payload, err)
	}
	return err
}

// hear gives a message to the domain that it is for.
func (a *App) hear(ctx context.Context, v vin.VIN, kind command.Kind, payload []byte) error {
	switch kind {
	case command.KindFrames:
		return a.Signal.Ingest(ctx, v, payload)
	case command.KindMeter:
		return a.takeUsage(ctx, v, payload)
	case command.KindPilot:
		return a.Pilots.Take(ctx, v, payload)
	}
	return fault.New(fault.Refused, "topic", "a car does not publish %s", kind)
}

// takeUsage counts a batch of usage. An item is named by car, batch and place, so that it counts once.
func (a *App) takeUsage(ctx context.Context, v vin.VIN, payload []byte) error {
	batch, err := command.ParseUsage(payload)
	if err != nil {
		return err
	}
	usage := make([]billing.Usage, len(batch.Items))
	for i, it := range batch.Items {
		usage[i] = billing.Usage{Source: "car/" + string(v), ID: strconv.FormatUint(batch.Seq, 10) + "/" + strconv.Itoa(i), VIN: v,
			Meter: it.Meter, Quantity: money.Decimal(it.Quantity), At: it.At}
	}
	outcomes, err := a.Billing.RecordUsage(ctx, usage)
	if err != nil {
		return err
	}
	for i, o := range outcomes {
		if o.Verdict == billing.Rejected {
			a.log.Info("usage rejected", "vin", v, "meter", usage[i].Meter, "code", o.Code, "detail", o.Detail)
		}
	}
	return nil
}

const subjectHints = "hints"

type hintFor struct {
	VIN  vin.VIN         `json:"vin"`
	Kind command.Subject `json:"kind"`
}

// hint tells a car that there is something for it. A hint may be lost: the car also asks by itself.
func (a *App) hint(v vin.VIN, kind command.Subject) error {
	b, err := json.Marshal(hintFor{v, kind})
	if err != nil {
		return err
	}
	return a.bus.Broadcast(subjectHints, b)
}

// pass gives a hint to the car if it is connected here.
func (a *App) pass(payload []byte) {
	var h hintFor
	if err := json.Unmarshal(payload, &h); err != nil {
		a.log.Error("hint", "err", err)
		return
	}
	if h.Kind == command.Revoked {
		a.edge.Kick(h.VIN)
		return
	}
	if err := a.edge.Publish(h.VIN, command.Hint{Kind: h.Kind}.Encode()); err != nil {
		a.log.Debug("hint not sent", "vin", h.VIN, "err", err)
	}
}

// hints says which events make a car ask.
func (a *App) hints() {
	a.events.On("offer.Granted", jobs.Handle(func(_ context.Context, _ jobs.Event, e offer.Granted) error {
		return a.hint(e.VIN, command.Grant)
	}))
	a.events.On("update.CampaignStarted", jobs.Handle(func(_ context.Context, _ jobs.Event, e update.CampaignStarted) error {
		for _, v := range e.VINs {
			if err := a.hint(v, command.Update); err != nil {
				return fmt.Errorf("%s: %w", v, err)
			}
		}
		return nil
	}))
}
