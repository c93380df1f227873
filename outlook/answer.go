package outlook

import (
	"fmt"

	"roadbook/money"
)

// Answer says whether software carries the car: whether what is earned after the sale is at least as much as the car
// itself earns, or makes up for what the car itself loses.
type Answer struct {
	Sentence string       `json:"sentence"`
	Carries  bool         `json:"carries"`
	Hardware money.Amount `json:"hardware_per_car"`
	Software money.Amount `json:"software_per_car_month"`
	Needed   money.Amount `json:"needed_per_car_month"` // software at which it would carry the car over the time so far
	Net      money.Amount `json:"net_per_car"`          // with licence income
	Licence  money.Amount `json:"licence_per_car"`      // what other makers pay, less its fees: no part of software
	Months   string       `json:"months_per_car"`       // on the road, on average, with one decimal
}

// AnswerOf reads the fleet's statement. carDays is how many days the sold cars have been on the road together; a month is
// the twelfth part of 365 days.
func AnswerOf(fleet Statement, carDays int64) (Answer, error) {
	cars := int64(fleet.Cars)
	zero := money.Of(0, fleet.Net.Currency)
	if cars <= 0 || carDays <= 0 {
		return Answer{Sentence: "No car is sold yet, so there is no answer yet.", Hardware: zero, Software: zero, Needed: zero, Net: zero, Licence: zero, Months: "0.0"}, nil
	}
	hardware, software, licence := fleet.Line(HardwareMargin), fleet.Line(Software), fleet.Line(Licence)
	a := Answer{Carries: software.Minor > 0 && software.Minor >= abs(hardware.Minor), Months: tenths(carDays*120, cars*365)}
	goal := money.Of(abs(hardware.Minor), zero.Currency)
	for _, part := range []struct {
		into     *money.Amount
		of       money.Amount
		num, den int64
	}{{&a.Hardware, hardware, 1, cars}, {&a.Net, fleet.Net, 1, cars}, {&a.Licence, licence, 1, cars}, {&a.Software, software, 365, 12 * carDays}, {&a.Needed, goal, 365, 12 * carDays}} {
		var err error
		if *part.into, err = part.of.MulDiv(part.num, part.den); err != nil {
			return Answer{}, err
		}
	}
	a.Sentence = a.say(hardware, software, fleet.Net)
	if licence.IsZero() {
		return a, nil
	}
	without, err := fleet.Net.Sub(licence)
	if err != nil {
		return Answer{}, err
	}
	if without, err = without.MulDiv(1, cars); err != nil {
		return Answer{}, err
	}
	a.Sentence += fmt.Sprintf(" Licence income of %s per car is counted apart; without it the net is %s per car.", a.Licence, without)
	return a, nil
}

func (a Answer) say(hardware, software, net money.Amount) string {
	figures := fmt.Sprintf("hardware margin %s per car, software %s per car-month, net %s per car after %s months", a.Hardware, a.Software, a.Net, a.Months)
	switch {
	case software.Minor <= 0:
		return "No: software costs more than it earns: " + figures + "."
	case !a.Carries && hardware.Minor < 0:
		return fmt.Sprintf("No: software does not make up for what the car loses: %s; it would take %s per car-month.", figures, a.Needed)
	case !a.Carries:
		return fmt.Sprintf("No: software earns something, but less than the car itself: %s; it would take %s per car-month.", figures, a.Needed)
	case hardware.Minor < 0 && net.Minor == 0:
		return "Yes, just: software makes up for what the car loses: " + figures + "."
	case hardware.Minor < 0:
		return "Yes: software more than makes up for what the car loses: " + figures + "."
	}
	return "Yes: software earns at least as much as the car itself: " + figures + "."
}

func abs(n int64) int64 {
	if n < 0 {
		return -n
	}
	return n
}

// tenths writes num/den/10 with one decimal.
func tenths(num, den int64) string {
	n := (num + den/2) / den
	return fmt.Sprintf("%d.%d", n/10, n%10)
}
