package uptane

import "fmt"

// Attack names an attack of clause 4.3, as a car reports it.
type Attack string

// The attacks of clause 4.3. The empty Attack means none was detected.
const (
	Eavesdrop         Attack = "eavesdrop"
	DropRequest       Attack = "drop_request"
	SlowRetrieval     Attack = "slow_retrieval"
	Freeze            Attack = "freeze"
	PartialBundle     Attack = "partial_bundle_installation"
	DenialOfService   Attack = "denial_of_service"
	Rollback          Attack = "rollback"
	EndlessData       Attack = "endless_data"
	MixAndMatch       Attack = "mix_and_match"
	ArbitrarySoftware Attack = "arbitrary_software"
	ManifestReplay    Attack = "manifest_replay"
	FastForward       Attack = "fast_forward"
)

// Attacks lists every attack, for tests and forms that must walk them all.
var Attacks = []Attack{
	Eavesdrop, DropRequest, SlowRetrieval, Freeze, PartialBundle, DenialOfService,
	Rollback, EndlessData, MixAndMatch, ArbitrarySoftware, ManifestReplay, FastForward,
}

// Passing reports whether the attack only keeps software away: it may be bad coverage, and asking again is the right answer.
// The others show content that no honest repository serves.
func (a Attack) Passing() bool {
	switch a {
	case "", DropRequest, SlowRetrieval, Freeze, DenialOfService, Eavesdrop:
		return true
	}
	return false
}

// Refusal says which step of a verification said no, and to what.
type Refusal struct {
	Step   Step
	Repo   Repo // empty when the step concerns both
	Attack Attack
	Err    error
}

func (r *Refusal) Error() string {
	return fmt.Sprintf("%s (%s %s): %s: %v", r.Attack, r.Step.Clause, r.Step.Name, r.Repo, r.Err)
}

func (r *Refusal) Unwrap() error { return r.Err }
