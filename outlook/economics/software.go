package economics

// Unit is what one active product brings and costs in a period, per active car.
type Unit struct {
	ARPU    float64 `json:"arpu"`    // revenue
	Partner float64 `json:"partner"` // the partner's part of it
	Fees    float64 `json:"fees"`    // payment fees and tax, parts of what the partner leaves
	Compute float64 `json:"compute"` // cost of inference
}

// Contribution returns ARPU·(1−partner)·(1−fees) − compute.
func (u Unit) Contribution() (float64, error) {
	if err := check(finite("arpu", u.ARPU), part("partner", u.Partner), part("fees", u.Fees), atLeast0("compute", u.Compute)); err != nil {
		return 0, err
	}
	return u.ARPU*(1-u.Partner)*(1-u.Fees) - u.Compute, nil
}

// Carried is what every live car costs in a period, paying or not.
type Carried struct {
	Connectivity float64 `json:"connectivity"`
	OTABytesGB   float64 `json:"ota_gb"`
	PerGB        float64 `json:"per_gb"`
	Retention    float64 `json:"retention"` // of safety data
}

// Cost returns connectivity + GB·price + retention.
func (c Carried) Cost() (float64, error) {
	if err := check(atLeast0("connectivity", c.Connectivity), atLeast0("ota_gb", c.OTABytesGB), atLeast0("per_gb", c.PerGB), atLeast0("retention", c.Retention)); err != nil {
		return 0, err
	}
	return c.Connectivity + c.OTABytesGB*c.PerGB + c.Retention, nil
}

// CarPeriod returns the software contribution of one live car of an age in one period: what its active products bring, less what
// every car costs. It is negative for a car that carries little.
func CarPeriod(products []Product, units []Unit, carried Carried, age int) (float64, error) {
	if err := check(within("units", float64(len(units)), float64(len(products)), float64(len(products)))); err != nil {
		return 0, err
	}
	cost, err := carried.Cost()
	if err != nil {
		return 0, err
	}
	total := -cost
	for i, p := range products {
		if err := p.Check(); err != nil {
			return 0, err
		}
		u, err := units[i].Contribution()
		if err != nil {
			return 0, err
		}
		total += p.Active(age) * u
	}
	return total, nil
}

// FleetPeriod returns the software contribution of a whole fleet in period t: Σ over cohorts sold[c] of survival at age t−c times
// CarPeriod at that age. Cohorts after t do not count.
func FleetPeriod(sold []float64, survival Weibull, products []Product, units []Unit, carried Carried, t int) (float64, error) {
	total := 0.0
	for c := 0; c < len(sold) && c <= t; c++ {
		v, err := CarPeriod(products, units, carried, t-c)
		if err != nil {
			return 0, err
		}
		if err := check(atLeast0("sold", sold[c])); err != nil {
			return 0, err
		}
		total += sold[c] * survival.Survival(float64(t-c)) * v
	}
	return total, nil
}
